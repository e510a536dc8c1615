import { z } from 'zod';

/** A sign-in as the keychain has it. */
const keptSignIn = z.strictObject({
  version: z.literal(1),
  /**
   * Whom the refresh token is for. It is sent to nobody else, whatever the settings say by then: who could edit them could
   * otherwise have it sent to an issuer of his own.
   */
  issuer: z.string(),
  clientId: z.string(),
  refreshToken: z.string().min(1),
  since: z.number().int(),
  subject: z.string(),
  agent: z.string(),
  groups: z.array(z.string()),
});
export type KeptSignIn = z.infer<typeof keptSignIn>;

export const sealedText = (signIn: KeptSignIn): string => JSON.stringify(signIn);

/** Reads what the keychain gave back; null when it is for another issuer or client, or nothing of ours. */
export function readKept(text: string, issuer: string, clientId: string): KeptSignIn | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const kept = keptSignIn.safeParse(value);
  return kept.success && kept.data.issuer === issuer && kept.data.clientId === clientId ? kept.data : null;
}
