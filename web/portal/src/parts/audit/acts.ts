/** What can be done with a finding. */
export type Act = 'edit' | 'correct' | 'accept' | 'reopen' | 'history';
