/** The text of `postern --help`. */
export function help(version: string): string {
  return `Postern ${version}: a gate between an AI coding agent and PostgreSQL

  postern open [--console] [--data-folder DIR]
      Opens your gate: the desktop app, or the console in a browser (always with --console).
      With nothing configured it starts with a demo database.
  postern serve --config FILE [--no-console] [--sealed]
      Runs the gate of a configuration file (docs/configuration.md). When ready it prints one
      JSON line with the real ports; SIGTERM or Ctrl+C closes it.
  postern seal status|show|accept|restore [CONFIG] [--data-folder DIR]
      Whether your settings (or a configuration file) are what was sealed, and the difference;
      seals what is there, or puts back what was sealed.
  postern verify SESSION|FILE [--data-folder DIR] [--public-key FILE]
      Checks a journal: hash chain, signed checkpoints, end. Exit code 1 when anything was found.
  postern replay SESSION [--data-folder DIR]
      Prints what the agent saw.
  postern report SESSION [--out FILE] [--data-folder DIR] [--public-key FILE]
      Writes the PDF report of a session.
  postern verify gate | replay gate | report gate [--since DAY] [--until DAY] …
      The same for the gate's own journals: who was not let in, start and stop, settings. DAY as 2026-11-28.
  postern policy test "SQL" [--connection NAME] [--rules FILE] [--config FILE|--data-folder DIR]
      What an agent would get for a statement, and why. Nothing is executed.
  postern policy backtest --rules FILE [--connection NAME] [--sessions N] [--config FILE|--data-folder DIR]
      What changed rules would have said to recorded sessions. Exit code 1 when an answer changes.
  postern key
      Makes an agent key and the hash that stands for it in a configuration file.
  postern token --connection NAME [--provider NAME] [--sign-in] [--config FILE|--data-folder DIR]
      Prints a fresh access token for the connection: PGPASSWORD=$(postern token --connection shop) psql …
      Where Postern runs and you are signed in there, its desk asks you; else (always with --sign-in)
      it signs in at the identity provider.
  postern demo [--data-folder DIR]
      Shows all of it in one go, without a human: masked, held, approved, refused, recorded.

  --help, --version

  POSTERN_HOME names the data folder (settings, keys, journals).
  open, serve and seal take the passphrase of the seal from POSTERN_PASSPHRASE or --passphrase-fd N,
  else they ask for it at the terminal.
`;
}
