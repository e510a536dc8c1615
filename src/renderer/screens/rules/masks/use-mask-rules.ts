import { useQueryClient } from '@tanstack/react-query';
import type { ConnectionView, MaskRule } from '../../../../contract/index.ts';
import { useUi } from '../../../app/ui-store.ts';
import { callKey, useAction } from '../../../data/query.ts';
import { ruleProblems, useDrafts } from '../drafts.ts';

const same = (one: readonly MaskRule[], other: readonly MaskRule[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** The mask rules of a connection as they are edited, saved and taken back. Each save is one step back. */
export function useMaskRules(view: ConnectionView) {
  const connection = view.config.name;
  const saved = view.config.maskRules;
  const draft = useDrafts((drafts) => drafts.byConnection[connection]);
  const last = useDrafts((drafts) => drafts.steps[connection]?.at(-1));
  const { set, discard, remember, tookBack } = useDrafts.getState();
  const save = useAction('rules.save');
  const client = useQueryClient();
  const tell = useUi((ui) => ui.tell);
  const rules: readonly MaskRule[] = draft ?? saved;
  const problems = rules.map((rule) => ruleProblems(rule, rules));

  const put = (next: readonly MaskRule[], done: (view: ConnectionView) => void) =>
    save.mutate(
      { connection, rules: [...next] },
      {
        onSuccess: (answer) => {
          // The answer is shown at once: between here and the list asked for again, the old rules would flash by.
          client.setQueryData<ConnectionView[]>(callKey('connections.list', {}), (list) =>
            list?.map((other) => (other.config.name === connection ? answer : other)),
          );
          discard(connection);
          done(answer);
        },
      },
    );

  return {
    rules,
    saved,
    problems,
    dirty: draft !== undefined && !same(draft, saved),
    valid: problems.every((problem) => Object.keys(problem).length === 0),
    saving: save.isPending,
    error: save.error,
    change: (next: readonly MaskRule[]) => set(connection, next),
    discard: () => discard(connection),
    commit: () =>
      put(rules, ({ config }) => {
        remember(connection, { before: saved, after: config.maskRules });
        tell('Rules saved');
      }),
    /** Null when there is nothing to take back, or when the rules were changed elsewhere since. */
    undo:
      last === undefined || !same(last.after, saved)
        ? null
        : () =>
            put(last.before, () => {
              tookBack(connection);
              tell('The earlier rules are back');
            }),
  };
}
