import type { Services } from '../services/context.ts';

/** The services with the port that was really bound, which links and the check of a page's origin go by. */
export function servicesAtPort(services: Services, port: number): Services {
  const { config } = services;
  return { ...services, config: { ...config, values: { ...config.values, 'server.port': port } } };
}
