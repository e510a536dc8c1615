import { messageOf, type ServiceView } from '../../../contract/index.ts';
import { type Environment, findService, listServices } from './files.ts';
import { serviceSettings, withDefaults } from './service-settings.ts';

/** A service with the settings that a connection gets from it. Throws UpstreamError `credential_missing`, `credential_file`. */
export function describeService(environment: Environment, service: string, given: string | undefined): ServiceView {
  const { file, entries } = findService(environment, service, given);
  const { settings, unsupported } = serviceSettings(entries);
  return { service, file, settings: withDefaults(settings), unsupported: [...unsupported], problem: null };
}

/** All services that libpq would find here; one that cannot be used says why. */
export function describeServices(environment: Environment): ServiceView[] {
  return listServices(environment).map(({ service, file }) => {
    try {
      return describeService(environment, service, undefined);
    } catch (error) {
      return { service, file, settings: {}, unsupported: [], problem: messageOf(error) };
    }
  });
}
