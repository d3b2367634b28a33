import { type ComponentType, lazy } from 'react';
import type { PageProps } from './page-props.ts';

interface Route {
  path: RegExp;
  title: string;
  page: ComponentType<PageProps>;
}

const routes: readonly Route[] = [
  {
    path: /^\/(?:console\/?)?$/,
    title: 'Overview',
    page: lazy(async () => ({ default: (await import('./pages/overview.tsx')).Overview })),
  },
  {
    path: /^\/console\/plans\/?$/,
    title: 'Change plans',
    page: lazy(async () => ({ default: (await import('./pages/plans.tsx')).Plans })),
  },
  {
    path: /^\/console\/plans\/([^/]+)$/,
    title: 'Change plan',
    page: lazy(async () => ({ default: (await import('./pages/plan.tsx')).Plan })),
  },
  {
    path: /^\/console\/reference\/?$/,
    title: 'Reference',
    page: lazy(async () => ({ default: (await import('./pages/reference.tsx')).Reference })),
  },
  {
    path: /^\/console\/reference\/([^/]+)$/,
    title: 'Reference',
    page: lazy(async () => ({ default: (await import('./pages/reference-page.tsx')).ReferencePage })),
  },
  {
    path: /^\/console\/benchmarks\/?$/,
    title: 'Benchmarks',
    page: lazy(async () => ({ default: (await import('./pages/benchmarks.tsx')).Benchmarks })),
  },
  {
    path: /^\/console\/approvers\/?$/,
    title: 'Approvers',
    page: lazy(async () => ({ default: (await import('./pages/approvers.tsx')).Approvers })),
  },
  {
    path: /^\/console\/audit\/?$/,
    title: 'Audit log',
    page: lazy(async () => ({ default: (await import('./pages/audit.tsx')).Audit })),
  },
];

const missing: Omit<Route, 'path'> = {
  title: 'No such page',
  page: lazy(async () => ({ default: (await import('./pages/missing.tsx')).Missing })),
};

export function pageAt(pathname: string): Omit<Route, 'path'> & PageProps {
  for (const { path, ...route } of routes) {
    const match = path.exec(pathname);
    if (match !== null) return { ...route, parameter: decodeURIComponent(match[1] ?? '') };
  }
  return { ...missing, parameter: pathname };
}
