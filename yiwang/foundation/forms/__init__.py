"""Forms 表单 (F06): a form is data, not code; what the state already knows is filled in, with its source shown.

A form's body is a JSON Schema of the answers and a layout of parts and fields. It is checked in full when it is published, never
changed afterwards, and compiled once per process. The same check serves the page and the API; every problem names the field as
the person sees it and says what to do (一次告知). Shared fields are filled from registers (数据免填): shown masked where they are
sensitive, and never sent to the browser where the form holds them read-only.
"""
