import { type DeskError, messageOf, type ServiceView } from '../../contract/index.ts';

/** Looks a service up in the file named, or where libpq looks. Throws an Error that says what is wrong. */
export type ServiceFinder = (service: string, file: string | undefined) => ServiceView;

/**
 * A configuration in which each `upstream.service` has become what the service says, before the schema sees it. As with
 * libpq, what the configuration says itself goes before; the credential is the service's unless another one is named. What
 * is not of that form stays as it is, for the schema to refuse. Throws DeskError `config_invalid`.
 */
export function expandServices(config: unknown, find: ServiceFinder, invalid: (what: string) => DeskError): unknown {
  if (!isObject(config) || !Array.isArray(config.connections)) return config;
  const connections = config.connections.map((connection: unknown, at) => {
    if (!isObject(connection) || !isObject(connection.upstream)) return connection;
    const { service, serviceFile, ...own } = connection.upstream;
    if (typeof service !== 'string' || (serviceFile !== undefined && typeof serviceFile !== 'string'))
      return connection;
    const wrong = (what: string): DeskError => invalid(`connections[${at}].upstream.service: ${what}`);
    const found = attempt(() => find(service, serviceFile), wrong);
    if (found.unsupported.length > 0) {
      throw wrong(
        `the service ${service} in ${found.file} sets ${found.unsupported.join(', ')}, which cannot be followed; give the fields of the connection instead`,
      );
    }
    const credential = { from: 'service', service, ...(serviceFile !== undefined && { file: serviceFile }) };
    return { ...connection, upstream: { ...found.settings, credential, ...own } };
  });
  return { ...config, connections };
}

function attempt<T>(work: () => T, wrong: (what: string) => DeskError): T {
  try {
    return work();
  } catch (error) {
    throw wrong(messageOf(error));
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
