// HTTP Message Signatures (RFC 9421), hmac-sha256, as merchant_api/client/signing.py makes them; /docs/pos says how.
// The key is a CryptoKey that signs and cannot be taken out again.
const TAG = "ankang-pos-v1";
const utf8 = new TextEncoder();

/** Whether this page may sign at all: browsers have WebCrypto where the page came by TLS, or from this very machine. */
export const canSign = () => globalThis.crypto?.subtle !== undefined;

/** The terminal's secret as a key for `sign`; nothing reads the secret out of it. */
export const importKey = (secret) =>
  crypto.subtle.importKey("raw", utf8.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

/** The Content-Digest header of a body (RFC 9530). */
export async function contentDigest(body) {
  return `sha-256=:${base64(await crypto.subtle.digest("SHA-256", utf8.encode(body)))}:`;
}

/** The covered components and the parameters: `Signature-Input` after its label. */
export function signatureParams(names, { keyId, created, nonce }) {
  const covered = names.map((name) => `"${name}"`).join(" ");
  return `(${covered});created=${created};nonce="${nonce}";keyid="${keyId}";alg="hmac-sha256";tag="${TAG}"`;
}

/** The text that is signed: one line for each component, then the parameters. */
export function signatureBase(components, params) {
  const lines = Object.entries(components).map(([name, value]) => `"${name}": ${value}`);
  return [...lines, `"@signature-params": ${params}`].join("\n");
}

/**
 * The headers of a signed request. `request`: {method, host, target, body, key}, `body` and `key` empty where there is
 * none; `signer`: {key, keyId, created (seconds), nonce}.
 */
export async function signed({ method, host, target, body = "", key = "" }, signer) {
  const [path, query = ""] = target.split("?");
  const components = { "@method": method, "@authority": host, "@path": path, "@query": `?${query}` };
  const headers = {};
  if (body) headers["Content-Digest"] = components["content-digest"] = await contentDigest(body);
  if (key) headers["Idempotency-Key"] = components["idempotency-key"] = key;
  const params = signatureParams(Object.keys(components), signer);
  const mac = await crypto.subtle.sign("HMAC", signer.key, utf8.encode(signatureBase(components, params)));
  return { ...headers, "Signature-Input": `sig1=${params}`, Signature: `sig1=:${base64(mac)}:` };
}

const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
