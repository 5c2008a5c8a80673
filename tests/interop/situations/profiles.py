"""Profiles that stsd has no part in, and the files that they need."""

import hashlib

from driver.stand import REGION

from .situation import KEYS

ROLE = "role_arn = arn:aws:iam::123456789012:role/deploy\n"
# Who trusts a role that stsd serves.
AUDIT = "role_arn = arn:aws:iam::777788889999:role/audit\nexternal_id = audit-2026-EXAMPLE\n"
CI = "aws_access_key_id = AKIAIOSFODNN8EXAMPLE\naws_secret_access_key = ci8MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY\n"
START_URL = "https://corp.awsapps.com/start"
SESSION = "corp-session"
WITH_SESSION = f"""[default]
sso_session = {SESSION}
sso_account_id = 444455556666
sso_role_name = reader
[sso-session {SESSION}]
sso_start_url = {START_URL}
sso_region = {REGION}
sso_registration_scopes = sso:account:access
"""
PROGRAM = f"""#!/bin/sh
echo '{{"Version":1,"AccessKeyId":"{KEYS["process"]}","SecretAccessKey":"none"}}'
"""


def more_profiles(scene):
    """Profiles that stsd does not serve, for the config of the stand's user."""
    web_identity = scene.file("web-identity-of-a-profile", "obviously.not.signed")
    return f"""
[profile plain]
region = {REGION}

[profile program]
region = {REGION}
{program(scene)}
[profile corp]
region = {REGION}
{sso()}
[profile signed-in]
region = {REGION}
login_session = arn:aws:iam::111122223333:user/alice

[profile kubernetes]
region = {REGION}
{ROLE}web_identity_token_file = {web_identity}

[profile contained]
region = {REGION}
{AUDIT}credential_source = EcsContainer
"""


def sso():
    """The keys of a profile of IAM Identity Center, in the form without a session."""
    return f"""sso_start_url = {START_URL}
sso_region = {REGION}
sso_account_id = 444455556666
sso_role_name = reader
"""


def signed_in(home):
    """The files that `aws sso login` leaves in a home, for both forms of a profile."""
    cache = home / ".aws/sso/cache"
    cache.mkdir(parents=True, exist_ok=True)
    text = f'{{"startUrl":"{START_URL}","region":"{REGION}","accessToken":"none","expiresAt":"2099-01-01T00:00:00Z"}}'
    for name in (START_URL, SESSION):
        (cache / f"{hashlib.sha1(name.encode()).hexdigest()}.json").write_text(text)


def program(scene):
    """The setting of a program that prints keys."""
    return "credential_process = " + scene.file("another-program", PROGRAM, 0o700) + "\n"
