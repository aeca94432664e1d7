"""Makes fixtures/rights: small images whose rights metadata independent tools have written.

C2PA and CAWG training-mining assertions are c2pa-python's, signed with a certificate of our own; XMP is exiftool's:

    python -m venv venv && venv/bin/pip install c2pa-python pillow cryptography
    apt install libimage-exiftool-perl
    venv/bin/python scripts/python/rights_fixtures.py fixtures/rights
"""
import datetime
import io
import json
import pathlib
import subprocess
import sys

from c2pa import Builder, C2paSignerInfo, C2paSigningAlg, Signer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

FORMATS = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif"}
PIL_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}
DAY = datetime.timedelta(days=1)


def certificate(name, key, issuer, issuer_key, is_ca):
    start = datetime.datetime(2026, 1, 1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test")]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + 3650 * DAY)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(not is_ca, False, False, False, False, is_ca, is_ca, False, False), critical=True
        )
    )
    if not is_ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def signer():
    ca, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    chain = certificate("Leaf", leaf, "Root", ca, False) + certificate("Root", ca, "Root", ca, True)
    private = leaf.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Signer.from_info(C2paSignerInfo(C2paSigningAlg.ES256, chain, private, None))


def manifest(kind, use):
    entries = {f"{kind}.{name}": {"use": use} for name in ("ai_generative_training", "ai_training", "data_mining")}
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"}]}
    return json.dumps(
        {
            "claim_generator_info": [{"name": "laion-fetch-test", "version": "1"}],
            "title": "test",
            "assertions": [
                {"label": "c2pa.actions", "data": actions},
                {"label": f"{kind}.training-mining", "data": {"entries": entries}},
            ],
        }
    )


PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/">
<plus:DataMining>http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING</plus:DataMining>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def exiftool(image, path):
    """Has exiftool write the packet, and creator and rights beside it."""
    path.write_bytes(image)
    packet = path.with_suffix(".xmp")
    packet.write_text(PACKET)
    command = ["exiftool", "-q", "-overwrite_original", f"-xmp<={packet}"]
    subprocess.run([*command, str(path)], check=True)
    names = ["-XMP-dc:Creator=Jane Doe", "-XMP-dc:Rights=© Jane Doe"]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *names, str(path)], check=True)
    packet.unlink()


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for extension, mime in FORMATS.items():
        plain = io.BytesIO()
        Image.new("RGB", (16, 16), "#468").save(plain, PIL_FORMATS[extension])
        exiftool(plain.getvalue(), folder / f"exiftool.{extension}")
        for kind in ("c2pa", "cawg"):
            for use in ("notAllowed", "allowed") if extension == "webp" else ("notAllowed",):
                plain.seek(0)
                signed = io.BytesIO()
                Builder(manifest(kind, use)).sign(signer(), mime, plain, signed)
                (folder / f"{kind}-{use}.{extension}").write_bytes(signed.getvalue())


main(pathlib.Path(sys.argv[1]))
