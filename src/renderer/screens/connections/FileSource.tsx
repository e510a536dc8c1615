import type { ConnectionConfig, CredentialSource, ServiceView } from '../../../contract/index.ts';
import { useCall } from '../../data/query.ts';
import { SelectField, TextField } from '../../parts/Field.tsx';
import { ErrorNote, InfoNote } from '../../parts/Notes.tsx';

type Upstream = ConnectionConfig['upstream'];
type FileCredential = Extract<CredentialSource, { from: 'pgpass' | 'service' }>;

interface FileSourceProps {
  readonly source: FileCredential;
  readonly problems: Readonly<Record<string, string>>;
  onChange(part: Partial<Upstream>): void;
}

/** The file of libpq's that a password comes from, and for a service what else the connection takes from it. */
export function FileSource({ source, problems, onChange }: FileSourceProps) {
  return (
    <>
      {source.from === 'service' && <ServiceChoice source={source} problems={problems} onChange={onChange} />}
      <TextField
        label="File"
        mono
        placeholder={source.from === 'pgpass' ? '~/.pgpass' : '~/.pg_service.conf, or the system’s'}
        value={source.file ?? ''}
        error={problems['upstream.credential.file']}
        hint={
          source.from === 'pgpass'
            ? 'Read at each log-in, as libpq does; only you may be able to read it (chmod 600). The agent’s own shell can: prefer a command that asks you'
            : 'Its password, or else ~/.pgpass, is read at each log-in, and sent only while the service leads to this host, port and user'
        }
        onChange={(file) => onChange({ credential: withFile(source, file) })}
      />
    </>
  );
}

function withFile({ file: _old, ...rest }: FileCredential, file: string): FileCredential {
  return file === '' ? rest : { ...rest, file };
}

function ServiceChoice({ source, problems, onChange }: FileSourceProps) {
  const services = useCall('connections.services', {});
  const found = services.data ?? [];
  const chosen = source.from === 'service' ? source.service : '';
  const view = found.find(({ service }) => service === chosen);
  const fault = view === undefined ? null : faultOf(view);
  return (
    <>
      {found.length > 0 && (
        <SelectField
          label="Fill this form from"
          value={view === undefined ? '' : chosen}
          options={[
            { value: '', label: 'a service of yours …' },
            ...found.map(({ service }) => ({ value: service, label: service })),
          ]}
          hint={view?.file}
          onChange={(service) => onChange(takenFrom(found, service))}
        />
      )}
      {fault !== null && <InfoNote tone="ask">{fault}</InfoNote>}
      <TextField
        label="Service"
        mono
        value={chosen}
        error={problems['upstream.credential.service']}
        onChange={(service) => onChange({ credential: { ...source, from: 'service', service } })}
      />
      <ErrorNote error={services.error} />
    </>
  );
}

/** What the form takes over from a service. */
function takenFrom(found: readonly ServiceView[], service: string): Partial<Upstream> {
  const settings = found.find((view) => view.service === service)?.settings ?? {};
  const defined = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(defined), credential: { from: 'service', service } };
}

function faultOf({ problem, unsupported }: ServiceView): string | null {
  if (problem !== null) return `It cannot be used: ${problem}.`;
  if (unsupported.length === 0) return null;
  return `It also sets ${unsupported.join(', ')}, which Postern does not follow. Check that the fields here say the same.`;
}
