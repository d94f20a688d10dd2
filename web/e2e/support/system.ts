// The system under test: a fresh plant, gateway and hub for each test that asks for them, in a temporary folder, on
// ports the operating system chose. Nothing is shared between tests, so their order does not matter.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Page, test as base, expect } from '@playwright/test';
import { GatewayApi, HubApi } from './api.ts';
import { Program } from './process.ts';

export interface PlantBus {
  name: string;
  kind: string;
  host: string;
  port: number;
  path?: string;
  devices: unknown[];
}

export interface Plant {
  buses: PlantBus[];
  /** The Modbus TCP bus of the scene. */
  tcp: PlantBus;
}

export interface Gateway {
  url: string;
  setupCode: () => Promise<string>;
  api: GatewayApi;
}

export interface Hub {
  url: string;
  setupCode: () => Promise<string>;
  api: HubApi;
}

interface Fixtures {
  /** Fails the test when a page breaks its own security policy or throws. */
  clean: void;
  folder: string;
  plant: Plant;
  gateway: Gateway;
  /** What the hub's configuration file says; nothing unless a walk says otherwise. */
  hubConfig: string;
  hub: Hub;
}

/** Records quickly, so that a walk sees history within seconds. */
const QUICK = '[recording]\nload_curve_minutes = 1\nindex_minutes = 1\ntrend_seconds = 1\nchunk_seconds = 10\n';

const SETUP_CODE = /Set-up code: ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})/;

/** What a page throws, and what its content security policy refuses. */
export function watchFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) faults.push(message.text());
  });
  return faults;
}

/** Signs the first account in: the same words serve both binaries. */
export const account = { user: 'first.admin', password: 'Quay-Wall-7-Lighthouse' };

export const test = base.extend<Fixtures>({
  clean: [
    async ({ page }, use) => {
      const faults = watchFaults(page);
      await use();
      expect(faults, 'errors in the page').toEqual([]);
    },
    { auto: true },
  ],

  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'haubert-e2e-'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },

  plant: async ({ folder }, use) => {
    const ready = join(folder, 'plant.json');
    const run = join(folder, 'plant');
    mkdirSync(run);
    const scene = resolve(import.meta.dirname, '../scenes/walk.toml');
    const program = new Program('haubert-plant', ['--scene', scene, '--run-dir', run, '--ready-file', ready]);
    try {
      const { buses } = await program.ready<{ buses: PlantBus[] }>(ready);
      const tcp = buses.find((bus) => bus.kind === 'tcp');
      if (!tcp) throw new Error('the scene has no TCP bus');
      await use({ buses, tcp });
    } finally {
      await program.stop();
    }
  },

  gateway: async ({ folder }, use) => {
    const ready = join(folder, 'gateway.json');
    const config = join(folder, 'gateway.toml');
    writeFileSync(config, QUICK);
    const program = new Program('haubert-gateway', [
      '--config',
      config,
      '--data-dir',
      join(folder, 'gateway'),
      '--listen',
      '127.0.0.1:0',
      '--snmp-listen',
      '127.0.0.1:0',
      '--bacnet-listen',
      '127.0.0.1:0',
      '--modbus-listen',
      '127.0.0.1:0',
      '--modbus-secured-listen',
      '127.0.0.1:0',
      '--ready-file',
      ready,
    ]);
    try {
      const { https } = await program.ready<{ https: string }>(ready);
      const setupCode = () => program.printed(SETUP_CODE);
      const api = new GatewayApi(https, setupCode);
      await use({ url: https, setupCode, api });
      await api.close();
    } finally {
      await program.stop();
    }
  },

  hubConfig: async ({}, use) => use(''),

  hub: async ({ folder, hubConfig }, use) => {
    const ready = join(folder, 'hub.json');
    const config = join(folder, 'hub.toml');
    writeFileSync(config, hubConfig);
    const program = new Program('haubert-hub', [
      '--config',
      config,
      '--data-dir',
      join(folder, 'hub'),
      '--listen',
      '127.0.0.1:0',
      '--link-listen',
      '127.0.0.1:0',
      '--ready-file',
      ready,
    ]);
    try {
      const { https } = await program.ready<{ https: string }>(ready);
      const setupCode = () => program.printed(SETUP_CODE);
      const api = new HubApi(https, setupCode);
      await use({ url: https, setupCode, api });
      await api.close();
    } finally {
      await program.stop();
    }
  },
});

export { expect };
