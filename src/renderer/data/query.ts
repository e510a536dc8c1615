import { QueryClient, type UseMutationResult, type UseQueryResult, useMutation, useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { CallInput, CallName, CallOutput } from '../../contract/index.ts';
import type { Desk } from '../desk.ts';

/** The query client of the desk. Nothing goes stale by age: events say what changed, a reconnect refetches everything. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        retry: false,
        networkMode: 'always',
        refetchOnWindowFocus: false,
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}

/** The key under which the answer of a call is kept. */
export function callKey<N extends CallName>(name: N, input: CallInput<N>): readonly [N, CallInput<N>] {
  return [name, input];
}

export const DeskContext = createContext<Desk | null>(null);

/** The desk above this component. Throws when there is none: the tree is built wrong. */
export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('useDesk outside of DeskContext');
  return desk;
}

interface CallOptions {
  readonly enabled?: boolean;
  /** Shows the previous answer while another input is being asked for. */
  readonly keepPrevious?: boolean;
}

/** Asks a call and keeps its answer current. */
export function useCall<N extends CallName>(
  name: N,
  input: CallInput<N>,
  options: CallOptions = {},
): UseQueryResult<CallOutput<N>, Error> {
  const desk = useDesk();
  return useQuery<CallOutput<N>, Error>({
    queryKey: callKey(name, input),
    queryFn: () => desk.call(name, input),
    enabled: options.enabled ?? true,
    ...(options.keepPrevious ? { placeholderData: (previous: CallOutput<N> | undefined) => previous as never } : {}),
  });
}

/** A call that does something. Its error stays with it until it is tried again. */
export function useAction<N extends CallName>(name: N): UseMutationResult<CallOutput<N>, Error, CallInput<N>> {
  const desk = useDesk();
  return useMutation<CallOutput<N>, Error, CallInput<N>>({ mutationFn: (input) => desk.call(name, input) });
}
