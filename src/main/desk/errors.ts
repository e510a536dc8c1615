import { DeskError } from '../../contract/index.ts';

/** An error with a stable code, as all rooms of the gate throw them. */
interface CodedError extends Error {
  readonly code: string;
  readonly hint?: string | null;
}

function isCoded(error: unknown): error is CodedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** Runs an action and hands on a room's coded error as the DeskError that crosses the transport with code and hint. */
export async function withDeskErrors<T>(action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof DeskError || !isCoded(error)) throw error;
    throw new DeskError(error.code, error.message, typeof error.hint === 'string' ? error.hint : null);
  }
}

export function unknownConnection(name: string): DeskError {
  return new DeskError(
    'unknown_connection',
    `There is no connection named ${name}.`,
    'It may have been removed; look at Connections.',
  );
}

export function unknownAgent(name: string): DeskError {
  return new DeskError(
    'unknown_agent',
    `There is no agent named ${name}.`,
    'Look at Connections for the agents there are.',
  );
}
