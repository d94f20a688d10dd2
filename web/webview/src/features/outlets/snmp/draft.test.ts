import { expect, test } from 'vitest';
import type { SnmpSettings } from '../../../api/types.js';
import { changeOf, draftOf, image, newReceiver, newUser } from './draft.js';

const settings: SnmpSettings = {
  enabled: true, contact: '', location: 'Quay 7', v2c: false, tell_alarms: true, tell_failures: false,
  users: [{ name: 'nms', authentication: 'sha512', privacy: 'aes256' }],
  receivers: [{ host: 'nms.port.example', port: 162, inform: false, user: 'nms' }],
};

test('what was not touched goes back as it came, without passwords', () => {
  expect(changeOf(draftOf(settings))).toEqual({ settings, passwords: { users: [] } });
  expect(image(draftOf(settings))).toBe(image(draftOf(settings)));
});

test('passwords go with whom they were typed for', () => {
  const draft = draftOf(settings);
  draft.users.push({ ...newUser(), name: 'other', auth_typed: 'a', privacy_typed: 'b' });
  draft.receivers.push({ ...newReceiver('other'), host: '192.0.2.7' });
  draft.community = 'c';
  const change = changeOf(draft);
  expect(change.passwords).toEqual({ users: [{ user: 'other', authentication: 'a', privacy: 'b' }], community: 'c' });
  expect(change.settings.receivers[1]).toEqual({ host: '192.0.2.7', port: 162, inform: true, user: 'other' });
});
