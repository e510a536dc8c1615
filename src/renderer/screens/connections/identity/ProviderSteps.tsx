import type { ProviderTest } from '../../../../contract/index.ts';
import { StepItem, Steps } from '../../../parts/Steps.tsx';

/** What was found at a provider, and every key that it publishes. */
export function ProviderSteps({ result }: { readonly result: ProviderTest }) {
  const said = result.ok ? 'It answers, and its tokens can be checked.' : 'It does not work yet.';
  return (
    <Steps said={said} steps={result.steps}>
      {result.keys.length > 0 && (
        <ul aria-label="Keys">
          {result.keys.map(({ id, usable, type, detail }, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a key need not have an id
            <StepItem key={place} step={{ name: id ?? 'no id', ok: usable, detail: `${type}, ${detail}` }} />
          ))}
        </ul>
      )}
    </Steps>
  );
}
