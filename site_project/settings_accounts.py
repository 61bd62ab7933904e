"""Accounts: passwords, codes, second factors, rate limits. The same in every shop.

Settings that installations choose are read from the environment in ``site_project.settings``.
"""

AUTH_PASSWORD_VALIDATORS = [{"NAME": "commerce.accounts.passwords.PasswordValidator"}]
#: Seconds a password reset link works.
PASSWORD_RESET_TIMEOUT = 3600
ACCOUNT_ADAPTER = "commerce.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "commerce.accounts.plain_forms.AddressForm",
    "reauthenticate": "commerce.accounts.plain_forms.ConfirmPasswordForm",
    "request_login_code": "commerce.accounts.plain_forms.AskLoginCodeForm",
    "reset_password": "commerce.accounts.plain_forms.AskNewPasswordForm",
    "login": "commerce.accounts.forms.LoginForm",
    "signup": "commerce.accounts.forms.SignupForm",
    "change_password": "commerce.accounts.forms.ChangePasswordForm",
    "set_password": "commerce.accounts.forms.SetPasswordForm",
    "reset_password_from_key": "commerce.accounts.forms.ResetPasswordKeyForm",
    "confirm_login_code": "commerce.accounts.code_forms.LoginCodeForm",
    "confirm_email_verification_code": "commerce.accounts.code_forms.AddressCodeForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "/accounts/email/"
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
#: Seconds in which a sign-in must be completed: enough for a code and two resent ones.
ACCOUNT_LOGIN_TIMEOUT = 1800
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_ADAPTER = "commerce.accounts.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
#: Steps of 30 seconds by which a clock may be off; each code works once.
MFA_TOTP_TOLERANCE = 1
#: Signing in by a passkey takes two requests.
MFA_RATE_LIMITS = {"webauthn_login": "30/m/ip"}
MFA_FORMS = {
    "activate_totp": "commerce.accounts.plain_forms.SetUpAppForm",
    "authenticate": "commerce.accounts.forms.SecondFactorForm",
    "reauthenticate": "commerce.accounts.forms.ConfirmFactorForm",
    "login_webauthn": "commerce.accounts.forms.LoginPasskeyForm",
    "authenticate_webauthn": "commerce.accounts.forms.SecondPasskeyForm",
    "reauthenticate_webauthn": "commerce.accounts.forms.ConfirmPasskeyForm",
    "add_webauthn": "commerce.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "commerce.accounts.forms.RenamePasskeyForm",
}
#: Accounts are connected only if both sides verified the address (commerce.accounts.social).
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_ADAPTER = "commerce.accounts.social.SocialAdapter"
#: In addition to allauth's own limits. commerce.throttles counts wrong passwords and account mails;
#: every other request of a guest sends someone a mail.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "",
    "confirm_email": "",
    "request_login_code": "20/m/ip",
    "reset_password": "20/m/ip",
    "product_alert": "20/h/ip",
    "find_order": "10/h/ip",
    "withdrawal": "10/h/ip",
    "return_request": "20/h/ip",
    "data_export": "10/h/user",
}
#: After a POST to one of these, browsers delete the pages that they stored.
SIGN_OUT_PATHS = ("/accounts/logout/", "/admin/logout/", "/dashboard/logout/")

#: The permission tables of the dashboard and the admin (commerce.permissions.table).
STAFF_PERMISSION_TABLES = [
    "commerce.dashboard.permission_table.TABLE",
    "home.staff.permission_table.TABLE",
]
