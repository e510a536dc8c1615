import { useEffect, useState } from 'react';
import { useUi } from '../app/ui-store.ts';
import { CheckIcon, CopyIcon } from '../theme/icons.tsx';
import { Button } from './Button.tsx';

interface CopyButtonProps {
  readonly text: string;
  /** What is copied, said to everyone: `Copy URL`. */
  readonly label: string;
  readonly iconOnly?: boolean;
}

/** Copies a text to the clipboard and says so; when the browser refuses, it says that instead. */
export function CopyButton({ text, label, iconOnly = false }: CopyButtonProps) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  const tell = useUi((ui) => ui.tell);
  useEffect(() => {
    if (state === 'idle') return;
    const timer = window.setTimeout(() => setState('idle'), 1600);
    return () => window.clearTimeout(timer);
  }, [state]);

  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => {
        setState('copied');
        tell(`${label}: copied`);
      },
      () => {
        setState('refused');
        tell(`${label}: the clipboard is not available, select the text and copy it by hand`);
      },
    );
  };
  const said = { idle: label, copied: 'Copied', refused: 'Not allowed: select and copy by hand' }[state];
  return (
    <Button
      size="small"
      variant={iconOnly ? 'quiet' : 'normal'}
      icon={state === 'copied' ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
      onClick={copy}
      aria-label={iconOnly ? label : undefined}
      title={iconOnly ? said : undefined}
    >
      {iconOnly ? undefined : said}
    </Button>
  );
}
