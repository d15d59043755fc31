"""The addresses of accounts. Of allauth's own, those for e-mail are left out: accounts here have none."""

from allauth.account import views as allauth_views
from django.urls import include, path

from . import views

urlpatterns = [
    path("accounts/login/", views.SignIn.as_view(), name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/signup/", allauth_views.signup, name="account_signup"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", allauth_views.password_change, name="account_change_password"),
    path("accounts/password/reset/", views.forgotten, name="account_reset_password"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("my/account", views.account, name="my-account"),
    path("my/account/devices", views.devices, name="devices"),
    path("my/account/devices/end", views.end_device, name="end-device"),
]
