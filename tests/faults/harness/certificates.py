"""Certificates for STS's real name, right and wrong, by an authority that only this run knows."""

import subprocess

NAME = "sts.eu-central-1.amazonaws.com"
# By the name of the certificate: who is named in it, from when, until when, and whether our authority signs it.
LEAVES = {
    "good": (NAME, "20000101000000Z", "20991231000000Z", "ca"),
    "ended": (NAME, "20200101000000Z", "20210101000000Z", "ca"),
    "early": (NAME, "20900101000000Z", "20991231000000Z", "ca"),
    "elsewhere": ("sts.example.com", "20200101000000Z", "20991231000000Z", "ca"),
    "unknown": (NAME, "20200101000000Z", "20991231000000Z", "stranger"),
}
POLICY = """
[ca]
default_ca = us
[us]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def make(folder):
    """All of them, as NAME.pem with the key in it; the authority as ca.pem."""
    folder.mkdir()
    (folder / "index.txt").touch()
    (folder / "policy").write_text(POLICY.format(folder=folder))
    for authority in ("ca", "stranger"):
        openssl(folder, "req", "-x509", *KEY, "-keyout", f"{authority}.key", "-out", f"{authority}.pem", "-days", "36500",
                "-subj", f"/CN={authority} of the faults")
    for leaf, (name, begins, ends, authority) in LEAVES.items():
        (folder / "extensions").write_text(f"subjectAltName=DNS:{name}\nbasicConstraints=CA:FALSE\n")
        openssl(folder, "req", "-new", *KEY, "-keyout", f"{leaf}.key", "-out", f"{leaf}.csr", "-subj", f"/CN={name}")
        openssl(folder, "ca", "-batch", "-notext", "-config", "policy", "-cert", f"{authority}.pem", "-keyfile",
                f"{authority}.key", "-in", f"{leaf}.csr", "-out", f"{leaf}.crt", "-extfile", "extensions",
                "-startdate", begins, "-enddate", ends)
        (folder / f"{leaf}.pem").write_text((folder / f"{leaf}.crt").read_text() + (folder / f"{leaf}.key").read_text())
    (folder / "ca.pem").chmod(0o644)


def openssl(folder, *words):
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {words[0]}: {done.stderr[-400:]}")
