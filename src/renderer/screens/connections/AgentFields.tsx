import { useCall } from '../../data/query.ts';
import { CheckField, TextField } from '../../parts/Field.tsx';
import { ErrorNote } from '../../parts/Notes.tsx';
import styles from './AgentDialog.module.css';
import type { AgentBounds, AgentDraft } from './agent-draft.ts';

interface AgentFieldsProps {
  readonly draft: AgentDraft;
  readonly problems: AgentBounds['problems'];
  onChange(draft: AgentDraft): void;
}

/** What an agent may use, what it may do there at most, and what rules may know it by. */
export function AgentFields({ draft, problems, onChange }: AgentFieldsProps) {
  const connections = useCall('connections.list', {});
  const names = (connections.data ?? []).map((view) => view.config.name);
  const change = (part: Partial<AgentDraft>) => onChange({ ...draft, ...part });
  return (
    <>
      <fieldset aria-label="Connections it may use" className={styles.connections}>
        <p className={styles.label}>Connections it may use</p>
        {names.map((name) => (
          <CheckField
            key={name}
            label={name}
            checked={draft.connections.includes(name)}
            onChange={(on) =>
              change({
                connections: on ? [...draft.connections, name] : draft.connections.filter((one) => one !== name),
              })
            }
          />
        ))}
        {connections.data?.length === 0 && <p className={styles.label}>Add a connection first.</p>}
        <ErrorNote error={connections.error} />
      </fieldset>
      <fieldset aria-label="What it may do at most" className={styles.connections}>
        <p className={styles.label}>What it may do at most, whatever is allowed or approved</p>
        <CheckField label="Only read" checked={draft.readOnly} onChange={(readOnly) => change({ readOnly })} />
        <TextField
          label="Schemas"
          mono
          placeholder="all"
          value={draft.schemas}
          hint="Separated by commas; patterns with * and ?"
          onChange={(schemas) => change({ schemas })}
        />
        <TextField
          label="Valid until"
          type="datetime-local"
          value={draft.until}
          error={problems.until}
          hint="Optional; then its sessions end and the key is refused"
          onChange={(until) => change({ until })}
        />
      </fieldset>
      <TextField
        label="Groups"
        mono
        placeholder="none"
        value={draft.groups}
        error={problems.groups}
        hint="Separated by commas. Rules of yours can be for groups, as with those of a provider"
        onChange={(groups) => change({ groups })}
      />
    </>
  );
}
