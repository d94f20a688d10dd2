import '@haubert/ui/styles.css';
import { addProblemMessages, language, router, theme } from '@haubert/ui';
import { mount } from 'svelte';
import App from './App.svelte';
import { t } from './i18n/index.js';

addProblemMessages(t);
language.apply();
theme.watch();
router.start();

const target = document.getElementById('app');
if (target) mount(App, { target });
