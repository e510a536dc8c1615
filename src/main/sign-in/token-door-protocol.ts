import { join } from 'node:path';
import { z } from 'zod';
import { identifier } from '../../contract/index.ts';

/** One line of JSON each way is all that is said there; longer ones are not read. */
export const longestLine = 128 * 1024;

/** What `postern token` asks a running Postern for. */
export const tokenErrand = z.strictObject({ connection: identifier, provider: identifier.optional() });
export type TokenErrand = z.infer<typeof tokenErrand>;

/** What it is answered: that the operator is asked, then once how it ended. */
export const tokenReply = z.discriminatedUnion('type', [
  z.object({ type: z.literal('asked'), code: z.string() }),
  z.object({ type: z.literal('token'), token: z.string() }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string(), hint: z.string().nullable() }),
]);
export type TokenReply = z.infer<typeof tokenReply>;

/**
 * The Unix socket of a data folder, which only this user may enter; null on Windows, where a named pipe has no such folder.
 */
export const tokenSocket = (folder: string, platform: NodeJS.Platform): string | null =>
  platform === 'win32' ? null : join(folder, 'token.sock');
