import { Component, type ReactNode } from 'react';
import { Button } from '../parts/Button.tsx';
import { ErrorNote } from '../parts/Notes.tsx';
import styles from './Fallback.module.css';

interface FallbackProps {
  readonly children: ReactNode;
}

interface FallbackState {
  readonly error: Error | null;
}

/** Keeps a fault of one screen from taking the whole desk: it says so, and the other screens stay in reach. */
export class Fallback extends Component<FallbackProps, FallbackState> {
  override readonly state: FallbackState = { error: null };

  static getDerivedStateFromError(error: unknown): FallbackState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    if (!this.state.error) return this.props.children;
    return (
      <div className={styles.fallback}>
        <h1>This screen cannot be shown</h1>
        <p>The fault is in the desk. The gate keeps working; nothing was decided, changed or lost.</p>
        <ErrorNote error={this.state.error} />
        <Button onClick={() => this.setState({ error: null })}>Show it again</Button>
      </div>
    );
  }
}
