import { type IdentityProvider, tokenAlgorithm } from '../../../../contract/index.ts';
import { Button } from '../../../parts/Button.tsx';
import { CheckField, SelectField, TextField } from '../../../parts/Field.tsx';
import { PlusIcon } from '../../../theme/icons.tsx';
import styles from '../ConnectionDialog.module.css';
import { ClientFields } from './ClientFields.tsx';
import { GrantFields } from './GrantFields.tsx';
import own from './Identity.module.css';
import { emptyGrant, problemAt, withField } from './provider-draft.ts';

interface ProviderFieldsProps {
  readonly draft: IdentityProvider;
  readonly problems: Readonly<Record<string, string>>;
  readonly isNew: boolean;
  readonly connections: readonly string[];
  onChange(draft: IdentityProvider): void;
}

type NumberField = 'clockSkewSeconds' | 'longestLifetimeSeconds' | 'keysOutageHours';
type ClaimField = 'subjectClaim' | 'clientClaim' | 'groupsClaim';

const tokenTypes: readonly { readonly value: IdentityProvider['tokenType']; readonly label: string }[] = [
  { value: 'at+jwt', label: 'at+jwt: access tokens only (RFC 9068)' },
  { value: 'any', label: 'any: the provider does not mark them' },
];
const expiries: readonly { readonly value: IdentityProvider['atExpiry']; readonly label: string }[] = [
  { value: 'after_statement', label: 'ends after the running statement' },
  { value: 'at_once', label: 'ends at once' },
];

/** Everything that is configured of a provider. */
export function ProviderFields({ draft, problems, isNew, connections, onChange }: ProviderFieldsProps) {
  const change = (part: Partial<IdentityProvider>) => onChange({ ...draft, ...part });
  const text = (field: 'issuer' | 'audience' | ClaimField, label: string, hint?: string) => (
    <TextField
      label={label}
      mono
      value={draft[field]}
      error={problems[field]}
      hint={hint}
      onChange={(value) => change({ [field]: value })}
    />
  );
  const number = (field: NumberField, label: string, min: number, max: number) => (
    <TextField
      label={label}
      type="number"
      min={min}
      max={max}
      value={draft[field]}
      error={problems[field]}
      onChange={(value) => change({ [field]: Number(value) })}
    />
  );
  return (
    <>
      <fieldset className={styles.grid}>
        <legend>What it is</legend>
        <div className={styles.third}>
          <TextField
            label="Name"
            data-first-focus={isNew || undefined}
            value={draft.name}
            disabled={!isNew}
            error={problems.name}
            hint={isNew ? 'Stands before every subject: acme:ada' : 'A name stays as it is'}
            onChange={(name) => change({ name })}
          />
        </div>
        <div className={styles.wide}>{text('issuer', 'Issuer', 'Exactly as in the tokens')}</div>
        <div className={styles.half}>
          {text('audience', 'Audience', 'What tokens for this gate are for, and nothing else')}
        </div>
        <div className={styles.half}>
          <TextField
            label="Address of its keys (jwks_uri)"
            mono
            placeholder="as in its metadata"
            value={draft.jwksUri ?? ''}
            error={problems.jwksUri}
            onChange={(value) => onChange(withField(draft, 'jwksUri', value === '' ? undefined : value))}
          />
        </div>
      </fieldset>
      <fieldset className={styles.grid}>
        <legend>Its tokens</legend>
        <fieldset className={styles.full} aria-label="Algorithms of signatures">
          <p className={styles.accepted}>Signed with</p>
          <div className={styles.methods}>
            {tokenAlgorithm.options.map((name) => (
              <CheckField
                key={name}
                label={name}
                checked={draft.algorithms.includes(name)}
                onChange={(on) =>
                  change({
                    algorithms: tokenAlgorithm.options.filter((one) =>
                      one === name ? on : draft.algorithms.includes(one),
                    ),
                  })
                }
              />
            ))}
          </div>
          {problemAt(problems, 'algorithms') && <p className={own.wrong}>Choose at least one.</p>}
        </fieldset>
        <div className={styles.half}>
          <SelectField
            label="Type"
            value={draft.tokenType}
            options={tokenTypes}
            hint={draft.tokenType === 'any' ? 'Only the audience then tells them from ID tokens' : undefined}
            onChange={(tokenType) => change({ tokenType })}
          />
        </div>
        <div className={styles.half}>
          <SelectField
            label="When a token expires, its session"
            value={draft.atExpiry}
            options={expiries}
            onChange={(atExpiry) => change({ atExpiry })}
          />
        </div>
        <div className={styles.third}>{text('subjectClaim', 'Claim with the subject')}</div>
        <div className={styles.third}>{text('clientClaim', 'Claim with the program', 'else azp')}</div>
        <div className={styles.third}>
          {text('groupsClaim', 'Claim with the groups', 'or a path: realm_access.roles')}
        </div>
        <div className={styles.third}>{number('clockSkewSeconds', 'Clocks may differ by (s)', 0, 60)}</div>
        <div className={styles.third}>{number('longestLifetimeSeconds', 'Valid at most (s)', 60, 604_800)}</div>
        <div className={styles.third}>{number('keysOutageHours', 'Keys hold while it is down (h)', 0, 168)}</div>
      </fieldset>
      <fieldset className={own.grants}>
        <legend>Who may use what</legend>
        <p className={own.note}>
          The connections of all grants that fit are given; on each, the first that fits decides.
        </p>
        {draft.grants.map((grant, place) => (
          <GrantFields
            // biome-ignore lint/suspicious/noArrayIndexKey: grants have no name, and removing one makes the form anew
            key={`${draft.grants.length} ${place}`}
            grant={grant}
            place={place}
            connections={connections}
            problems={problems}
            onChange={(next) => change({ grants: draft.grants.map((one, at) => (at === place ? next : one)) })}
            onRemove={
              draft.grants.length === 1
                ? undefined
                : () => change({ grants: draft.grants.filter((_, at) => at !== place) })
            }
          />
        ))}
        <div>
          <Button
            size="small"
            icon={<PlusIcon size={14} />}
            onClick={() => change({ grants: [...draft.grants, emptyGrant()] })}
          >
            Add grant
          </Button>
        </div>
      </fieldset>
      <ClientFields
        client={draft.client}
        problems={problems}
        onChange={(client) => onChange(withField(draft, 'client', client))}
      />
    </>
  );
}
