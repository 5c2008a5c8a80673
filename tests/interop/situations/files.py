"""What stands in the AWS files, with the endpoint's variables beside them or without anything of stsd's."""

from pathlib import Path

from driver.stand import DEVICE, REGION

from .fakes import Instance, Portal
from .profiles import AUDIT, CI, ROLE, WITH_SESSION, program, signed_in, sso
from .situation import KEYS, Situation, keys, keys_in, without


def at(scene, config=None, credentials=None, **more):
    """The endpoint alone, in a home with these files."""
    files = {name: text for name, text in (("config", config), ("credentials", credentials)) if text is not None}
    return scene.endpoint(HOME=scene.home(**files), **more)


def apart(scene, config=None, credentials=None, **more):
    """The same without anything of stsd's."""
    return without(
        at(scene, config, credentials, **more),
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    )


def region():
    return {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}


def with_login(environment):
    """The same home after `aws sso login`."""
    signed_in(Path(environment["HOME"]))
    return environment


CHAIN = f"[profile up]\n{ROLE}source_profile = ci\n"

FILES = [
    Situation(
        "keys in [default] of credentials",
        lambda s: at(s, None, "[default]\n" + keys_in("shared-credentials")),
        finds="ProfileShadows",
    ),
    Situation(
        "keys in [default] of config", lambda s: at(s, "[default]\n" + keys_in("config-keys")), finds="ProfileShadows"
    ),
    Situation(
        "keys in [profile default] of config",
        lambda s: at(s, "[profile default]\n" + keys_in("config-keys")),
        finds="ProfileShadows",
    ),
    Situation(
        "keys in [default] of both files",
        lambda s: at(s, "[default]\n" + keys_in("config-keys"), "[default]\n" + keys_in("shared-credentials")),
        finds="ProfileShadows",
    ),
    Situation(
        "keys with aws_session_token in credentials",
        lambda s: at(s, None, "[default]\n" + keys_in("shared-credentials") + "aws_session_token = obviously-old\n"),
        finds="ProfileShadows",
    ),
    Situation(
        "half a pair of keys in credentials",
        lambda s: at(s, None, f"[default]\naws_access_key_id = {KEYS['shared-credentials']}\n"),
        finds="ToolElsewhere",
    ),
    Situation("keys of another profile only", lambda s: at(s, None, "[elsewhere]\n" + keys_in("shared-credentials"))),
    Situation(
        "AWS_PROFILE names a profile with keys",
        lambda s: at(s, None, "[elsewhere]\n" + keys_in("shared-credentials"), AWS_PROFILE="elsewhere"),
        finds="ProfileShadows",
    ),
    Situation(
        "AWS_PROFILE names a profile without anything",
        lambda s: at(s, "[profile plain]\nregion = eu-central-1\n", AWS_PROFILE="plain"),
    ),
    Situation("another program in [default]", lambda s: at(s, "[default]\n" + program(s)), finds="ProfileShadows"),
    Situation(
        "another program and keys in [default]",
        lambda s: at(s, "[default]\n" + program(s), "[default]\n" + keys_in("shared-credentials")),
        finds="ProfileShadows",
    ),
    Situation(
        "a role in [default]",
        lambda s: at(s, f"[default]\n{ROLE}source_profile = ci\n", "[ci]\n" + CI),
        finds="ProfileShadows",
    ),
    Situation(
        "a role in [default], and its own keys as the source",
        lambda s: at(s, f"[default]\n{ROLE}source_profile = default\n", "[default]\n" + CI),
        finds="ProfileShadows",
    ),
    Situation(
        "a role in [default] on EcsContainer",
        lambda s: s.endpoint("hub", HOME=s.home(config=f"[default]\n{AUDIT}credential_source = EcsContainer\n")),
        finds="ProfileShadows",
    ),
    Situation(
        "a role in [default] on Ec2InstanceMetadata",
        lambda s: at(
            s,
            f"[default]\n{ROLE}credential_source = Ec2InstanceMetadata\n",
            AWS_EC2_METADATA_SERVICE_ENDPOINT=s.fakes.url(Instance),
        ),
        finds="ProfileShadows",
        unforeseen={"java": "stsd-endpoint prod"},
    ),
    Situation(
        "AWS_PROFILE names a role on the key variables",
        lambda s: at(
            s,
            f"[profile lifted]\n{ROLE}credential_source = Environment\n",
            AWS_PROFILE="lifted",
            **keys("environment"),
        ),
        finds="KeyVariables ProfileShadows",
    ),
    Situation(
        "a role in [default] without a source",
        lambda s: at(s, f"[default]\n{ROLE}", "[default]\n" + CI),
        finds="ProfileShadows",
    ),
    Situation(
        "a role in [default] that wants a token code",
        lambda s: at(s, f"[default]\n{ROLE}source_profile = ci\nmfa_serial = {DEVICE}\n", "[ci]\n" + CI),
        finds="ProfileShadows",
    ),
    Situation(
        "a role whose source is missing",
        lambda s: at(s, f"[default]\n{ROLE}source_profile = nosuch\n"),
        finds="ToolElsewhere",
    ),
    Situation(
        "a loop of source profiles",
        lambda s: at(s, f"[default]\n{ROLE}source_profile = up\n[profile up]\n{ROLE}source_profile = default\n"),
        finds="ToolElsewhere",
    ),
    Situation(
        "IAM Identity Center in [default]",
        lambda s: with_login(at(s, "[default]\n" + sso(), AWS_ENDPOINT_URL_SSO=s.fakes.url(Portal))),
        finds="ProfileShadows",
    ),
    Situation(
        "IAM Identity Center in [default], with a session",
        lambda s: with_login(at(s, WITH_SESSION, AWS_ENDPOINT_URL_SSO=s.fakes.url(Portal))),
        finds="ProfileShadows",
    ),
    Situation(
        "IAM Identity Center in [default], not signed in",
        lambda s: at(s, "[default]\n" + sso()),
        finds="ProfileShadows",
        unforeseen={"java": "stsd-endpoint prod"},
    ),
    Situation(
        "a config that is no configuration",
        lambda s: at(s, "this is prose\n[default\nregion = eu-central-1\n"),
        finds="ToolElsewhere",
    ),
    Situation(
        "credentials that are no configuration",
        lambda s: at(s, None, "[default\naws_access_key_id\n"),
        finds="ToolElsewhere",
    ),
    Situation("not connected, keys in [default]", lambda s: s.user() | region(), finds="NotConnected"),
    Situation(
        "not connected, a role with MFA", lambda s: s.user() | region() | {"AWS_PROFILE": "prod"}, finds="NotConnected"
    ),
    Situation(
        "not connected, --profile of a role with MFA",
        lambda s: s.user() | region(),
        profile="prod",
        finds="NotConnected",
    ),
    Situation(
        "not connected, a role without MFA",
        lambda s: apart(s, CHAIN, "[ci]\n" + CI, AWS_PROFILE="up"),
        finds="NotConnected",
    ),
    Situation(
        "not connected, a loop",
        lambda s: s.user() | region() | {"AWS_PROFILE": "loop"},
        finds="ConfigurationMistake NotConnected",
    ),
    Situation(
        "not connected, a missing profile",
        lambda s: s.user() | region() | {"AWS_PROFILE": "nosuch"},
        finds="MissingProfile NotConnected",
    ),
    Situation("not connected, nothing anywhere", lambda s: apart(s), finds="NotConnected"),
    Situation(
        "not connected, nothing, metadata disabled",
        lambda s: apart(s, AWS_EC2_METADATA_DISABLED="true"),
        finds="NotConnected",
    ),
    Situation(
        "not connected, on an instance with a role",
        lambda s: apart(s, AWS_EC2_METADATA_SERVICE_ENDPOINT=s.fakes.url(Instance)),
        finds="NotConnected",
    ),
]
