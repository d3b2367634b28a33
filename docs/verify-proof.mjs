// Verifies an approval proof of FTS MCP Server with Node alone: node verify-proof.mjs proof.json
// The steps are those of approval.md. It imports nothing of FTS.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const proof = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const sha256 = (data, form = 'hex') => createHash('sha256').update(data).digest(form);
const check = (holds, what) => { if (!holds) { console.error(`DOES NOT HOLD: ${what}`); process.exit(1); } };
const bytes = (text) => {
  const decoded = Buffer.from(text, 'base64url');
  check(decoded.toString('base64url') === text, 'a text is no base64url');
  return decoded;
};
const contentOf = (purpose, text) => {
  check(text.startsWith(`${purpose}\n`), `a text is no ${purpose}`);
  return JSON.parse(text.slice(purpose.length + 1));
};

function isSignedBy(credential, text, signature) {
  if (signature.kind !== credential.kind || signature.credentialId !== credential.id) return false;
  const key = createPublicKey({ key: bytes(credential.publicKey), format: 'der', type: 'spki' });
  if (credential.kind === 'passphrase') return verify(null, Buffer.from(text), key, bytes(signature.signature));
  const [client, data] = [bytes(signature.clientDataJSON), bytes(signature.authenticatorData)];
  const { type, challenge, origin } = JSON.parse(client);
  const host = new URL(origin).hostname;
  return type === 'webauthn.get' && challenge === sha256(text, 'base64url') && (data[32] & 5) === 5 &&
    (host === credential.rpId || host.endsWith(`.${credential.rpId}`)) && sha256(credential.rpId) === data.subarray(0, 32).toString('hex') &&
    verify(credential.algorithm === -8 ? null : 'sha256', Buffer.concat([data, bytes(sha256(client, 'base64url'))]), key, bytes(signature.signature));
}

check(proof.format === 'fts-approval-proof/1', 'the format');
const people = new Map(); // approver id -> name and keys
let previous = null;
for (const [index, { text, signature }] of proof.approvers.entries()) {
  const { sequence, previous: before, action, approver, credential, by } = contentOf('fts-approver-record/1', text);
  check(sequence === index + 1 && before === previous, `record ${index + 1} does not follow`);
  const signers = index === 0 ? (by === approver.id && credential.kind === 'passphrase' ? [credential] : []) : (people.get(by)?.keys ?? []);
  check(signers.some((key) => isSignedBy(key, text, signature)), `record ${index + 1} is not signed by an enrolled approver`);
  const known = people.get(approver.id);
  if (action === 'enrol') people.set(approver.id, { name: approver.name, keys: [credential] });
  else if (action === 'remove') people.delete(approver.id);
  else if (action === 'add-credential') known.keys.push(credential);
  else known.keys = known.keys.filter(({ id }) => id !== credential.id);
  previous = sha256(text);
}
const { text, signature } = proof.approval;
const { decision, approver, at, plan } = contentOf('fts-approval/1', text);
const signer = people.get(approver);
const key = signer?.keys.find((candidate) => isSignedBy(candidate, text, signature));
check(key !== undefined, 'the signature of the approval');
check(sha256(proof.shown) === plan.shownSha256, 'what was shown');
check(proof.bodies.length === plan.calls.length && plan.calls.every(({ body }, index) =>
  body === null || body.secret ? proof.bodies[index] === null : proof.bodies[index] !== null && sha256(proof.bodies[index]) === body.sha256), 'a body');
const rows = proof.audit.map(({ text: row, hash }) => { check(sha256(row) === hash, 'a row of the audit log'); return { ...JSON.parse(row), hash }; });
check(rows.every(({ sequence }, index) => index === 0 || sequence > rows[index - 1].sequence), 'the order of the rows');
const detailOf = (name) => rows.map(({ details }) => JSON.parse(details)[name]).filter(Boolean);
check(detailOf('signed').includes(sha256(text)) && rows.some(({ subject }) => subject === plan.id), 'the decision in the audit log');
check(proof.approvers.every((record) => detailOf('record').includes(sha256(record.text))), 'an enrolment in the audit log');
console.log(`HOLDS: ${signer.name} decided "${decision}" on ${plan.id} at ${at}\nkey SHA256:${sha256(bytes(key.publicKey), 'base64').replaceAll('=', '')}`);
for (const { method, origin, path } of plan.calls) console.log(`${method} ${origin}${path}`);
