import { describe, expect, test } from 'vitest';
import { refuseOldServer, versionWarning } from '../../../src/gateway/upstream/server-version.ts';
import type { UpstreamTarget } from '../../../src/gateway/upstream/types.ts';

const target = { host: 'db.example.com', port: 5432 } as UpstreamTarget;

describe('a server of a version', () => {
  test.each(['14.23', '15.18 (Debian 15.18-1)', '18.4', '18beta1'])(
    'that is tested and kept up is not talked about: %s',
    (version) => {
      expect(versionWarning(version)).toBe(null);
      expect(() => refuseOldServer(new Map([['server_version', version]]), target)).not.toThrow();
    },
  );

  test('that gets no fixes any more works, and the operator is told', () => {
    expect(versionWarning('13.23')).toEqual({
      newer: false,
      message: 'PostgreSQL 13 has had no fixes since November 2025, not even for what endangers its data. Update it.',
    });
    expect(() => refuseOldServer(new Map([['server_version', '13.23']]), target)).not.toThrow();
  });

  test('that is newer than what was tested works, and the operator is told', () => {
    expect(versionWarning('19devel')).toEqual({
      newer: true,
      message:
        'PostgreSQL 19 is newer than what Postern was tested with (13 to 18): it may read a statement otherwise than Postern does.',
    });
  });

  test('that nobody knows works, and the operator is told', () => {
    expect(versionWarning('')).toMatchObject({ newer: false, message: expect.stringContaining('13 to 18') });
    expect(() => refuseOldServer(new Map(), target)).not.toThrow();
  });

  test.each(['12.22', '9.6.24', '8.0.2'])('that is too old is refused, with what to do: %s', (version) => {
    expect(() => refuseOldServer(new Map([['server_version', version]]), target)).toThrow(
      expect.objectContaining({
        code: 'server_too_old',
        message: `the server at db.example.com:5432 is PostgreSQL ${version}, and Postern works with 13 and newer`,
        hint: 'Update the server to PostgreSQL 13 or newer; 18 is best.',
      }),
    );
  });
});
