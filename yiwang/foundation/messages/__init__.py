"""Unified messages 统一消息 (F12): what the state tells a person, in one inbox, and through whatever other channels are plugged.

A message names a template and its data; the words are made when it is read, in the reader's language. The row in the inbox is
the message; other channels are delivered by jobs that try again. Sending is an act, so that it can be shown that a notice was
given (送达), and so is reading.
"""
