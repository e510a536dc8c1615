/// <reference types="vite/client" />

/** What the preload of the desktop app offers: messages out, messages in, nothing else. */
interface PosternBridge {
  post(message: unknown): void;
  /** Returns a function that stops listening. */
  onMessage(listener: (message: unknown) => void): () => void;
}

interface Window {
  readonly postern?: PosternBridge;
}
