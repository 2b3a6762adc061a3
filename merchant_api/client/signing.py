r"""Every request of a till is signed (RFC 9421, HMAC-SHA256 with the terminal's secret).

For `POST /merchant/v1/scans` on `127.0.0.1:8000` with the body
`{"code":"88112345678901234567","purpose":"voucher"}` the signature base is
seven lines (the last one is broken here to fit the page), with a newline between them, none at the end:

    "@method": POST
    "@authority": 127.0.0.1:8000
    "@path": /merchant/v1/scans
    "@query": ?
    "content-digest": sha-256=:BdNwXpFa0K32VAJcInbeCzGhKyAHOLzPDa/xPR17Cl0=:
    "idempotency-key": 20261001-0001-scan
    "@signature-params": ("@method" "@authority" "@path" "@query" "content-digest" "idempotency-key")
      ;created=1790820000;nonce="f1f2f3f4";keyid="live_01";alg="hmac-sha256";tag="ankang-pos-v1"

Reads (GET) cover the first four components, a quote the first five (it changes nothing and has no key).
`created` may be off by 300 s. The same request with curl:

    BODY='{"code":"88112345678901234567","purpose":"voucher"}'; KEY=20261001-0001-scan
    DIGEST="sha-256=:$(printf %s "$BODY" | openssl dgst -sha256 -binary | base64):"
    PARAMS='("@method" "@authority" "@path" "@query" "content-digest" "idempotency-key")'
    PARAMS="$PARAMS;created=$(date +%s);nonce=\"$(openssl rand -hex 16)\";keyid=\"live_01\""
    PARAMS="$PARAMS;alg=\"hmac-sha256\";tag=\"ankang-pos-v1\""
    START='"@method": POST\n"@authority": 127.0.0.1:8000\n"@path": /merchant/v1/scans\n"@query": ?\n'
    REST='"content-digest": %s\n"idempotency-key": %s\n"@signature-params": %s'
    SIGNATURE=$(printf "$START$REST" "$DIGEST" "$KEY" "$PARAMS" |
      openssl dgst -sha256 -hmac "$SECRET" -binary | base64)
    curl http://127.0.0.1:8000/merchant/v1/scans -d "$BODY" -H 'Content-Type: application/json' \
      -H "Content-Digest: $DIGEST" -H "Idempotency-Key: $KEY" \
      -H "Signature-Input: sig1=$PARAMS" -H "Signature: sig1=:$SIGNATURE:"
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

TAG = "ankang-pos-v1"


def content_digest(body: bytes) -> str:
    """The Content-Digest header of these body bytes (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_params(names: list[str], key_id: str, created: int, nonce: str) -> str:
    """The covered components and the parameters: the value of `Signature-Input` after its label."""
    covered = " ".join(f'"{name}"' for name in names)
    return f'({covered});created={created};nonce="{nonce}";keyid="{key_id}";alg="hmac-sha256";tag="{TAG}"'


def signature_base(components: Mapping[str, str], params: str) -> str:
    """The text that is signed: one line per component, then the parameters."""
    lines = [f'"{name}": {value}' for name, value in components.items()]
    return "\n".join([*lines, f'"@signature-params": {params}'])


def sign(secret: str, components: Mapping[str, str], params: str) -> str:
    """The signature of these components, in Base64."""
    mac = hmac.digest(secret.encode("ascii"), signature_base(components, params).encode(), "sha256")
    return base64.b64encode(mac).decode()
