/** Addresses → pages. */
import type { Component } from 'svelte';
import Account from './routes/Account.svelte';
import Alarms from './routes/Alarms.svelte';
import Comparison from './routes/Comparison.svelte';
import Consumption from './routes/Consumption.svelte';
import Diagnostics from './routes/Diagnostics.svelte';
import Discover from './routes/Discover.svelte';
import Events from './routes/Events.svelte';
import History from './routes/History.svelte';
import Home from './routes/Home.svelte';
import HubLink from './routes/HubLink.svelte';
import Live from './routes/Live.svelte';
import NotFound from './routes/NotFound.svelte';
import FilesOutlet from './routes/outlets/Files.svelte';
import LorawanInput from './routes/inputs/Lorawan.svelte';
import MailOutlet from './routes/outlets/Mail.svelte';
import ModbusOutlet from './routes/outlets/Modbus.svelte';
import MqttOutlet from './routes/outlets/Mqtt.svelte';
import PushOutlet from './routes/outlets/Push.svelte';
import BacnetOutlet from './routes/outlets/Bacnet.svelte';
import SnmpOutlet from './routes/outlets/Snmp.svelte';
import Pictures from './routes/Pictures.svelte';
import ProfileDetail from './routes/ProfileDetail.svelte';
import ProfileEdit from './routes/ProfileEdit.svelte';
import Profiles from './routes/Profiles.svelte';
import Report from './routes/Report.svelte';
import Shedding from './routes/Shedding.svelte';
import Tariffs from './routes/Tariffs.svelte';
import TimeAndLinks from './routes/TimeAndLinks.svelte';
import Accounts from './routes/security/Accounts.svelte';
import Audit from './routes/security/Audit.svelte';
import Certificates from './routes/security/Certificates.svelte';
import Firewall from './routes/security/Firewall.svelte';
import SecurityOverview from './routes/security/Overview.svelte';
import Policy from './routes/security/Policy.svelte';
import Storage from './routes/security/Storage.svelte';
import Updates from './routes/security/Updates.svelte';
import Site from './routes/Site.svelte';
import Sources from './routes/Sources.svelte';
import Trends from './routes/Trends.svelte';

const PAGES: Readonly<Record<string, Component>> = {
  '/': Home,
  '/account': Account,
  '/alarms': Alarms,
  '/live': Live,
  '/trends': Trends,
  '/consumption': Consumption,
  '/comparison': Comparison,
  '/pictures': Pictures,
  '/report': Report,
  '/shedding': Shedding,
  '/tariffs': Tariffs,
  '/site': Site,
  '/sources': Sources,
  '/sources/discover': Discover,
  '/inputs/lorawan': LorawanInput,
  '/profiles': Profiles,
  '/profiles/profile': ProfileDetail,
  '/profiles/edit': ProfileEdit,
  '/history': History,
  '/hub': HubLink,
  '/time-and-links': TimeAndLinks,
  '/outlets/modbus': ModbusOutlet,
  '/outlets/mqtt': MqttOutlet,
  '/outlets/mail': MailOutlet,
  '/outlets/files': FilesOutlet,
  '/outlets/push': PushOutlet,
  '/outlets/snmp': SnmpOutlet,
  '/outlets/bacnet': BacnetOutlet,
  '/security': SecurityOverview,
  '/security/accounts': Accounts,
  '/security/policy': Policy,
  '/security/certificates': Certificates,
  '/security/firewall': Firewall,
  '/security/audit': Audit,
  '/security/updates': Updates,
  '/security/storage': Storage,
  '/diagnostics': Diagnostics,
  '/events': Events,
};

export const pageFor = (path: string): Component => PAGES[path.replace(/\/+$/, '') || '/'] ?? NotFound;
