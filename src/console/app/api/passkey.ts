import { startAuthentication, startRegistration } from '@simplewebauthn/browser';
import { call } from './client.ts';
import type { InputOf } from './operations.ts';

type Decision = Pick<InputOf<'akamai.approve'>, 'planId' | 'reason' | 'overrideStaging'> & {
  approver: string;
  shownDigest: string;
};

/** Why passkeys cannot be used on this page; undefined where they can. */
export function noPasskeys(): string | undefined {
  if (/^[\d.]+$|^\[/.test(location.hostname))
    return 'Passkeys need a host name, and this page was opened by its address.';
  if (!window.isSecureContext || window.PublicKeyCredential === undefined)
    return 'This browser offers no passkeys on this page.';
  return undefined;
}

/** The same page under `localhost`, where a passkey can be used; undefined where this page is not on this machine. */
export function pageOnLocalhost(): string | undefined {
  if (location.hostname !== '127.0.0.1' && location.hostname !== '[::1]') return undefined;
  return `http://localhost:${location.port}${location.pathname}`;
}

/** Makes a passkey in this browser and adds it to the approver, whose passphrase signs for it. */
export async function addPasskey(approver: string, passphrase: string): Promise<void> {
  const { origin } = location;
  const { options, at } = await call('approvers.passkey.begin', { approver, origin });
  const optionsJSON = options as unknown as Parameters<typeof startRegistration>[0]['optionsJSON'];
  const { id, rawId, response } = await startRegistration({ optionsJSON });
  const { clientDataJSON, attestationObject, transports } = response;
  await call('approvers.passkey.add', {
    approver,
    passphrase,
    origin,
    at,
    registration: {
      id,
      rawId,
      type: 'public-key',
      response: { clientDataJSON, attestationObject, ...(transports === undefined ? {} : { transports }) },
    },
  });
}

/** Signs a decision with a passkey: the challenge is the digest of exactly what will be sent. */
export async function decideByPasskey(decision: 'approve' | 'deny', given: Decision): Promise<void> {
  const { overrideStaging, ...common } = given;
  const override = decision === 'approve' && overrideStaging === true ? { overrideStaging } : {};
  const { challenge, at, passkeys } = await call('akamai.approve.begin', { decision, ...common, ...override });
  const { id, response } = await startAuthentication({
    optionsJSON: {
      challenge,
      rpId: location.hostname,
      userVerification: 'required',
      allowCredentials: passkeys
        .filter(({ rpId }) => rpId === location.hostname)
        .map((passkey) => ({ id: passkey.id, type: 'public-key' })),
    },
  });
  const { authenticatorData, clientDataJSON, signature } = response;
  const passkey = {
    at,
    assertion: { kind: 'passkey' as const, credentialId: id, authenticatorData, clientDataJSON, signature },
  };
  if (decision === 'approve') await call('akamai.approve', { ...common, ...override, passkey });
  else await call('akamai.deny', { ...common, passkey });
}
