import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CallOutput, ConnectionView, MaskSuggestion } from '../../../../contract/index.ts';
import { useUi } from '../../../app/ui-store.ts';
import { callKey, useAction, useCall } from '../../../data/query.ts';
import { plural } from '../../../parts/format.ts';
import { newRuleId, useDrafts } from '../drafts.ts';

/** Something that was done to suggestions and can be taken back. */
interface Done {
  readonly text: string;
  readonly undo: () => Promise<void>;
}

const qualified = ({ schema, table, column }: MaskSuggestion): string => `${schema}.${table}.${column}`;

/** The suggestions of a connection and what the operator may do with them. All of it takes effect at once and can be undone. */
export function useSuggestions(view: ConnectionView) {
  const connection = view.config.name;
  const list = useCall('suggestions.list', { connection });
  const save = useAction('rules.save');
  const dismissal = useAction('findings.dismiss');
  const reading = useAction('suggestions.list');
  const client = useQueryClient();
  const tell = useUi((ui) => ui.tell);
  const [done, setDone] = useState<Done | null>(null);
  const key = callKey('suggestions.list', { connection });
  const refresh = () => client.invalidateQueries({ queryKey: ['suggestions.list'] });

  /** The rules as they are saved now, whatever this component was drawn with. */
  const savedRules = () =>
    client
      .getQueryData<ConnectionView[]>(callKey('connections.list', {}))
      ?.find(({ config }) => config.name === connection)?.config.maskRules ?? view.config.maskRules;

  const saveRules = async (rules: ConnectionView['config']['maskRules']) => {
    const before = savedRules();
    const next = await save.mutateAsync({ connection, rules });
    client.setQueryData<ConnectionView[]>(callKey('connections.list', {}), (views) =>
      views?.map((other) => (other.config.name === connection ? next : other)),
    );
    useDrafts.getState().remember(connection, { before, after: next.config.maskRules });
    await refresh();
  };

  const accept = async (chosen: readonly MaskSuggestion[]) => {
    const rules = [...savedRules()];
    for (const { schema, table, column, masker } of chosen) {
      rules.push({ id: newRuleId(table, column, rules), schema, table, column, masker });
    }
    const added = rules.slice(rules.length - chosen.length);
    const { byConnection, set } = useDrafts.getState();
    const draft = byConnection[connection];
    await saveRules(rules);
    // Rules that are being edited are not lost: they get the new ones as well.
    if (draft !== undefined) set(connection, [...draft, ...added]);
    const text = `${plural(chosen.length, 'column')} masked`;
    tell(text);
    const ids = new Set(added.map(({ id }) => id));
    setDone({
      text,
      undo: async () => {
        const kept = useDrafts.getState().byConnection[connection];
        if (kept !== undefined)
          set(
            connection,
            kept.filter(({ id }) => !ids.has(id)),
          );
        await saveRules(savedRules().filter(({ id }) => !ids.has(id)));
      },
    });
  };

  const setDismissed = async (chosen: readonly MaskSuggestion[], dismissed: boolean) => {
    const places = chosen.map((suggestion) => ({ place: qualified(suggestion), kind: suggestion.kind }));
    await dismissal.mutateAsync({ connection, places, dismissed });
    await refresh();
  };

  const dismiss = async (chosen: readonly MaskSuggestion[]) => {
    await setDismissed(chosen, true);
    const text = `${plural(chosen.length, 'suggestion')} dismissed`;
    tell(text);
    setDone({ text, undo: () => setDismissed(chosen, false) });
  };

  return {
    list,
    done,
    busy: save.isPending || dismissal.isPending,
    error: save.error ?? dismissal.error ?? reading.error,
    accept: (chosen: readonly MaskSuggestion[]) => void accept(chosen).catch(() => undefined),
    dismiss: (chosen: readonly MaskSuggestion[]) => void dismiss(chosen).catch(() => undefined),
    undo: () => {
      setDone(null);
      void done?.undo().catch(() => undefined);
    },
    reading: reading.isPending,
    /** Reads rows anew. */
    readAgain: () =>
      reading.mutate(
        { connection, again: true },
        { onSuccess: (fresh) => client.setQueryData<CallOutput<'suggestions.list'>>(key, fresh) },
      ),
  };
}
