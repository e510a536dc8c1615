import { create } from 'zustand';

/** What the desk shows besides the data: open layers and what screen readers are told. */
interface UiState {
  readonly layer: 'none' | 'palette' | 'shortcuts';
  /** Spoken at once: a new request, a decision. */
  readonly alert: string;
  /** Spoken when there is a pause: copied, saved. */
  readonly status: string;
  open(layer: UiState['layer']): void;
  tellNow(text: string): void;
  tell(text: string): void;
}

export const useUi = create<UiState>()((set) => ({
  layer: 'none',
  alert: '',
  status: '',
  open: (layer) => set({ layer }),
  tellNow: (alert) => set({ alert }),
  tell: (status) => set({ status }),
}));
