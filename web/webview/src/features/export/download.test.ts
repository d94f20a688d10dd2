import { describe, expect, it } from 'vitest';
import { collect, fileName, lastTime, share } from './download.js';

describe('a file that is made while it is sent', () => {
  it('says how far it is by its last whole row', () => {
    const at = Date.parse('2026-11-21T10:00:01.000Z');
    expect(lastTime('time_utc,time_local\r\n')).toBeNull();
    expect(lastTime('2026-11-21T10:00:00.000Z,x\r\n2026-11-21T10:00:01.000Z,y\r\n2026-11-21T10:0')).toBe(at);
    expect(lastTime('…0Z"}\n{"time":"2026-11-21T10:00:01.000Z","local":"…"}\n')).toBe(at);
    expect(lastTime('1,"quay/g-1",W\r\n1,2026-11-21T10:00:01.000Z,1500\r\n')).toBe(at);
    expect(lastTime('12;2026-11-21T10:00:01.000Z;1500\r\n')).toBe(at);
    expect(lastTime('"Scale",1.0,\r\n2026-11-21T11:00:01,1500,\r\n', 'Europe/Paris')).toBe(at);
    expect(lastTime('"Unit","W",\r\n"Scale",1.0000000,\r\n', 'Europe/Paris')).toBeNull();
    expect(share(50, 0, 100)).toBe(0.5);
    expect(share(null, 0, 100)).toBe(0);
    expect(share(300, 0, 100)).toBe(1);
  });
  it('takes its name from the header, with its accents', () => {
    expect(fileName(`attachment; filename="a-.csv"; filename*=UTF-8''quai%20%C3%A9.csv`, 'x')).toBe('quai é.csv');
    expect(fileName(null, 'x.csv')).toBe('x.csv');
    expect(fileName(`attachment; filename*=UTF-8''%E0%A4%A`, 'x.csv')).toBe('x.csv');
  });
  it('keeps nothing that breaks off', async () => {
    const text = new TextEncoder().encode('2026-11-21T10:00:00.000Z,1\r\n');
    const told: number[] = [];
    const whole = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (to) => { to.enqueue(text); to.enqueue(text); to.close(); } });
    expect((await collect(whole, (one) => told.push(one.bytes))).size).toBe(2 * text.length);
    expect(told).toEqual([text.length, 2 * text.length]);
    const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (to) => { to.enqueue(text); to.error(new Error('cut')); } });
    await expect(collect(broken, () => {})).rejects.toThrow('cut');
  });
});
