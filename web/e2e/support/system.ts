// The system under test: a fresh plant, gateway and hub for each test that asks for them, in a temporary folder, on
// ports the operating system chose. Nothing is shared between tests, so their order does not matter.
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test as base, expect } from '@playwright/test';
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
  folder: string;
  plant: Plant;
  gateway: Gateway;
  hub: Hub;
}

const SETUP_CODE = /Set-up code: ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})/;

/** Signs the first account in: the same words serve both binaries. */
export const account = { user: 'first.admin', password: 'Quay-Wall-7-Lighthouse' };

export const test = base.extend<Fixtures>({
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
    const program = new Program('haubert-gateway', [
      '--data-dir',
      join(folder, 'gateway'),
      '--listen',
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

  hub: async ({ folder }, use) => {
    const ready = join(folder, 'hub.json');
    const program = new Program('haubert-hub', [
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
