import { type PassphraseSource, type TokenClient, tokenClient } from '../../../../contract/index.ts';
import { CheckField, SelectField, TextField } from '../../../parts/Field.tsx';
import styles from '../ConnectionDialog.module.css';
import { SecretSource } from '../SecretSource.tsx';
import { LinesField } from './LinesField.tsx';
import { emptyClient, parameterLines, parametersOf, problemAt, withField } from './provider-draft.ts';

interface ClientFieldsProps {
  readonly client: TokenClient | undefined;
  readonly problems: Readonly<Record<string, string>>;
  onChange(client: TokenClient | undefined): void;
}

const flowNames: Readonly<Record<TokenClient['flow'], string>> = {
  authorization_code: 'A person, in the browser',
  device_code: 'A person, on another device',
  client_credentials: 'A service account',
};
const flows = tokenClient.shape.flow.unwrap().options.map((value) => ({ value, label: flowNames[value] }));

const secrets: readonly { readonly value: PassphraseSource['from'] | 'none'; readonly label: string }[] = [
  { value: 'none', label: 'None: a public client' },
  { value: 'environment', label: 'Environment variable' },
  { value: 'command', label: 'Output of a command' },
];

const emptySecret = (from: PassphraseSource['from'] | 'none'): PassphraseSource | undefined => {
  if (from === 'none') return undefined;
  return from === 'environment' ? { from, variable: '' } : { from, command: [] };
};

/** How tokens are got from the provider: by you at the desk, and by `postern token`. */
export function ClientFields({ client, problems, onChange }: ClientFieldsProps) {
  return (
    <fieldset className={styles.grid}>
      <legend>Getting tokens</legend>
      <div className={styles.full}>
        <CheckField
          label="Sign in at this provider from the desk and with postern token"
          hint="Needs a client that was registered at the provider. Without it, agents bring tokens that they got elsewhere."
          checked={client !== undefined}
          onChange={(on) => onChange(on ? emptyClient() : undefined)}
        />
      </div>
      {client !== undefined && <OneClient client={client} problems={problems} onChange={onChange} />}
    </fieldset>
  );
}

function OneClient({ client, problems, onChange }: ClientFieldsProps & { readonly client: TokenClient }) {
  return (
    <>
      <div className={styles.half}>
        <TextField
          label="Client id"
          mono
          value={client.clientId}
          error={problems['client.clientId']}
          onChange={(clientId) => onChange({ ...client, clientId })}
        />
      </div>
      <div className={styles.half}>
        <SelectField
          label="Who signs in"
          value={client.flow}
          options={flows}
          onChange={(flow) => onChange({ ...client, flow })}
        />
      </div>
      <div className={styles.half}>
        <SelectField
          label="Secret of the client"
          value={client.secret?.from ?? 'none'}
          options={secrets}
          onChange={(from) => onChange(withField(client, 'secret', emptySecret(from)))}
        />
      </div>
      <div className={styles.half}>
        <SecretSource
          source={client.secret}
          secret="secret"
          path="client.secret"
          problems={problems}
          onChange={(secret) => onChange({ ...client, secret })}
        />
      </div>
      <div className={styles.half}>
        <TextField
          label="Scope asked for"
          mono
          value={client.scope}
          error={problems['client.scope']}
          onChange={(scope) => onChange({ ...client, scope })}
        />
      </div>
      <div className={styles.half}>
        <TextField
          label="Port of the redirect"
          type="number"
          min={1}
          max={65_535}
          placeholder="any free one"
          value={client.redirectPort ?? ''}
          error={problems['client.redirectPort']}
          hint="http://127.0.0.1:<port>/callback"
          onChange={(port) => onChange(withField(client, 'redirectPort', port === '' ? undefined : Number(port)))}
        />
      </div>
      <div className={styles.half}>
        <LinesField
          label="More parameters"
          initial={parameterLines(client.parameters)}
          placeholder="resource=https://postern.example/shop"
          error={problemAt(problems, 'client.parameters')}
          hint="name=value, one to a line; most providers need one for the audience"
          onChange={(text) => onChange({ ...client, parameters: parametersOf(text) })}
        />
      </div>
      <div className={styles.half}>
        <LinesField
          label="Token exchange"
          initial={parameterLines(client.exchange)}
          placeholder="none"
          error={problemAt(problems, 'client.exchange')}
          hint="Parameters, one to a line, for a token that says: the agent, on behalf of this person (RFC 8693)"
          onChange={(text) =>
            onChange(withField(client, 'exchange', text.trim() === '' ? undefined : parametersOf(text)))
          }
        />
      </div>
    </>
  );
}
