import { createHash } from 'node:crypto';

const md5 = (...parts: (string | Buffer)[]): string => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** The answer to AuthenticationMD5Password: `md5` + md5(md5(password + user) + salt), in hex (manual, "Password Authentication"). */
export const md5Password = (user: string, password: string, salt: Buffer): string =>
  `md5${md5(md5(password, user), salt)}`;
