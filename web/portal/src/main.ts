import '@haubert/ui/styles.css';
import { mount } from 'svelte';
import { language, router, theme } from '@haubert/ui';
import Entrance from './Entrance.svelte';
import { arrival } from './state/arrival.svelte';

language.apply();
theme.watch();
router.start();
arrival.start();

const target = document.getElementById('app');
if (target) mount(Entrance, { target });
