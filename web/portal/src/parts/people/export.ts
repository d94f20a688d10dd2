// Who comes in, to be taken along.
import { tableOf, tu, type ExportTable } from '@haubert/ui';
import type { Account, Invitation } from '../../api/types';
import { t } from '../../i18n';
import { invitationState } from '../../state/people';

type Placed = { organisation_id: string | null };

export const peopleTable = (shown: readonly Account[], placeName: (one: Placed) => string): ExportTable =>
  tableOf('accounts', t('people.accounts'), [
    { key: 'user', title: t('people.name'), value: ({ user }) => user },
    { key: 'profile', title: t('people.profile'), value: ({ profile }) => profile, text: ({ profile }) => tu.dynamic(`profile.${profile}`) },
    { key: 'organisation', title: t('people.organisation'), value: placeName },
    { key: 'second_factor', title: t('people.second_factor'), value: ({ second_factor }) => second_factor },
    { key: 'last_sign_in_at', title: t('people.last_sign_in'), value: ({ last_sign_in_at }) => last_sign_in_at, kind: 'time' },
    { key: 'enabled', title: t('people.state'), value: ({ enabled }) => enabled, text: ({ enabled }) => t(enabled ? 'people.may_sign_in' : 'people.closed') },
  ], shown);

export const invitationsTable = (shown: readonly Invitation[], placeName: (one: Placed) => string, now: number): ExportTable =>
  tableOf('invitations', t('invitations.title'), [
    { key: 'note', title: t('invitations.for'), value: ({ note }) => note },
    { key: 'profile', title: t('people.profile'), value: ({ profile }) => profile, text: ({ profile }) => tu.dynamic(`profile.${profile}`) },
    { key: 'organisation', title: t('people.organisation'), value: placeName },
    { key: 'state', title: t('invitations.state'), value: (one) => invitationState(one, now), text: (one) => t(`export.invitation.${invitationState(one, now)}`) },
    { key: 'expires_at', title: t('export.expires'), value: ({ expires_at }) => expires_at, kind: 'time' },
    { key: 'used_at', title: t('export.used'), value: ({ used_at }) => used_at, kind: 'time' },
    { key: 'used_by', title: t('export.used_by'), value: ({ used_by }) => used_by },
    { key: 'created_at', title: t('invitations.created'), value: ({ created_at }) => created_at, kind: 'time' },
    { key: 'created_by', title: t('invitations.by'), value: ({ created_by }) => created_by },
  ], shown);
