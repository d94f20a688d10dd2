import '@haubert/ui/styles.css';
import { mount } from 'svelte';
import { language, router, theme } from '@haubert/ui';
import App from './App.svelte';

language.apply();
theme.watch();
router.start();

const target = document.getElementById('app');
if (target) mount(App, { target });
