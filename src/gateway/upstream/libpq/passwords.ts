import { UpstreamError } from '../error.ts';
import { type Environment, findService, passwordFilePath, readableByOthers, readPasswordFile } from './files.ts';
import { type PasswordKey, passwordIn } from './pgpass.ts';
import { serviceSettings } from './service-settings.ts';

/** The password that libpq would find in its password file. Throws UpstreamError `credential_missing`, `credential_file`. */
export function passwordFromFile(environment: Environment, file: string | undefined, key: PasswordKey): string {
  const path = file ?? passwordFilePath(environment);
  const password = passwordIn(readPasswordFile(path), key);
  if (password !== null && password !== '') return password;
  throw new UpstreamError('credential_missing', {
    message: `no line of the password file ${path} fits ${key.host}:${key.port}:${key.database}:${key.user}`,
    hint: 'Add a line host:port:database:user:password with exactly these values, or * for what may differ.',
  });
}

/**
 * The password of a service, or of the password file that it names, as libpq finds it. What the service leads to is compared
 * first: whoever may edit the file must not have a password sent elsewhere. Throws UpstreamError `credential_missing`,
 * `credential_file`.
 */
export function passwordOfService(
  environment: Environment,
  { service, file }: { readonly service: string; readonly file?: string | undefined },
  key: PasswordKey,
): string {
  const found = findService(environment, service, file);
  const { settings } = serviceSettings(found.entries);
  const moved = (['host', 'port', 'user'] as const).filter(
    (field) => settings[field] !== undefined && settings[field] !== key[field],
  );
  if (moved.length > 0) {
    throw new UpstreamError('credential_file', {
      message: `the service ${service} in ${found.file} has another ${moved.join(' and ')} than the connection: its password is not sent there`,
      detail: moved.map((field) => `${field}: ${settings[field]} in the file, ${key[field]} here.`).join(' '),
      hint: 'If the change is right, save the connection again with the new values.',
    });
  }
  const password = found.entries.get('password');
  if (password === undefined || password === '') {
    return passwordFromFile(environment, found.entries.get('passfile') || undefined, key);
  }
  if (found.open) throw readableByOthers(found.file, 'service file');
  return password;
}
