import { ApiError } from '@haubert/ui';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../api/standing-types';
import { Answering, type Sent } from './answering.svelte';

const answer = (change: Partial<Answer>): Answer => ({
  subject: 'q', node: 'n', choice: null, score: null, words: null, not_applicable: null, comment: '', revision: 1, changed_at: '', changed_by: 'paul', ...change,
});

/** A hub that answers when it is told to. */
function hub(theirs: Answer[] = []) {
  const sent: Sent[] = [];
  const waiting: { answer: () => void; refuse: (error: unknown) => void }[] = [];
  return {
    sent,
    next: () => waiting.shift(),
    put: (body: Sent) => {
      sent.push(body);
      return new Promise<Answer>((resolve, reject) => waiting.push({ answer: () => resolve(answer({ ...body, revision: body.revision + 1 })), refuse: reject }));
    },
    history: () => Promise.resolve(theirs),
  };
}
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('answering', () => {
  it('sends what changed while a save was under way as one, with the new revision', async () => {
    const server = hub();
    const answering = new Answering(server, [answer({ revision: 4 })]);
    void answering.change('q', 'n', { choice: 'a' });
    void answering.change('q', 'n', { choice: 'b' });
    void answering.change('q', 'n', { comment: 'why' });
    expect(answering.of('q')).toMatchObject({ choice: 'b', comment: 'why' });
    expect(answering.states.get('q')).toBe('saving');
    server.next()?.answer();
    await settled();
    server.next()?.answer();
    await settled();
    expect(server.sent.map(({ choice, comment, revision }) => [choice, comment, revision])).toEqual([['a', '', 4], ['b', 'why', 5]]);
    expect(answering.states.get('q')).toBe('saved');
    expect(answering.unsaved).toBe(false);
  });

  it('keeps what could not be saved and sends it on request', async () => {
    const server = hub();
    const answering = new Answering(server, []);
    void answering.change('q', 'n', { choice: 'a' });
    server.next()?.refuse(new ApiError({ status: 0, code: 'server_unreachable' }));
    await settled();
    expect(answering.states.get('q')).toBe('failed');
    expect(answering.unsaved).toBe(true);
    void answering.retry('q');
    server.next()?.answer();
    await settled();
    expect(server.sent.map(({ choice, revision }) => [choice, revision])).toEqual([['a', 0], ['a', 0]]);
    expect(answering.states.get('q')).toBe('saved');
  });

  it('shows both answers when somebody else was faster, and puts the chosen one on top', async () => {
    const theirs = answer({ choice: 'b', revision: 7 });
    const server = hub([theirs]);
    const answering = new Answering(server, [answer({ revision: 6 })]);
    void answering.change('q', 'n', { choice: 'a', comment: 'mine' });
    server.next()?.refuse(new ApiError({ status: 409, code: 'changed_meanwhile' }));
    await settled();
    expect(answering.conflict).toMatchObject({ mine: { choice: 'a', comment: 'mine' }, theirs });
    void answering.settle({ ...theirs, comment: 'mine' });
    server.next()?.answer();
    await settled();
    expect(server.sent.at(-1)).toMatchObject({ choice: 'b', comment: 'mine', revision: 7 });
    expect(answering.conflict).toBeNull();
  });
});
