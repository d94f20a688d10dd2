/** The gateway's words, shared ones aside (those are in @haubert/ui). */
import { certificates } from './en-certificates.js';
import { access } from './en-access.js';
import { accounts } from './en-accounts.js';
import { codes } from './en-codes.js';
import { posture } from './en-posture.js';
import { profiles } from './en-profiles.js';
import { security } from './en-security.js';
import { policy } from './en-policy.js';
import { firewall } from './en-firewall.js';
import { audit } from './en-audit.js';
import { history } from './en-history.js';
import { updates } from './en-updates.js';
import { storage } from './en-storage.js';
import { files } from './en-files.js';
import { push } from './en-push.js';
import { mail } from './en-mail.js';
import { lorawan } from './en-lorawan.js';
import { mqtt } from './en-mqtt.js';
import { ways } from './en-ways.js';
import { snmp } from './en-snmp.js';
import { bacnet } from './en-bacnet.js';
import { outlets } from './en-outlets.js';
import { alarms } from './en-alarms.js';
import { monitoring } from './en-monitoring.js';

export const en = {
  ...access,
  ...accounts,
  ...codes,
  ...certificates,
  ...posture,
  ...profiles,
  ...security,
  ...policy,
  ...firewall,
  ...audit,
  ...history,
  ...updates,
  ...storage,
  ...files,
  ...push,
  ...mail,
  ...lorawan,
  ...mqtt,
  ...ways,
  ...snmp,
  ...bacnet,
  ...outlets,
  ...alarms,
  ...monitoring,
  'product': 'Gateway',
  'nav.home': 'Home', 'nav.live': 'Live', 'nav.trends': 'Trends', 'nav.consumption': 'Consumption', 'nav.site': 'Site', 'nav.sources': 'Sources',
  'nav.diagnostics': 'Diagnostics', 'nav.events': 'Events', 'nav.hub': 'Hub link', 'nav.group.see': 'See', 'nav.group.set': 'Set up', 'nav.group.check': 'Check',
  'page.not_found': 'This page does not exist', 'page.not_found_lead': 'The address may be mistyped, or what it showed was deleted.', 'page.to_home': 'Go to the home page',
  'access.denied': 'Your profile may not do this', 'access.ask_admin': 'Ask somebody with a profile that may, such as an administrator.', 'hub.not_joined': 'This gateway has not joined a hub',
  'common.add': 'Add', 'common.edit': 'Edit', 'common.delete': 'Delete', 'common.test': 'Test', 'common.name': 'Name', 'common.load': 'Load', 'common.loads': 'Loads', 'common.device': 'Meter',
  'common.devices': 'Meters', 'common.bus': 'Bus', 'common.zone': 'Zone', 'common.usage': 'Usage', 'common.fluid': 'Fluid', 'common.quantity': 'Quantity', 'common.value': 'Value', 'common.quality': 'Quality',
  'common.measured_at': 'Measured', 'common.state': 'State', 'common.power': 'Power', 'common.unit_id': 'Unit id', 'common.profile': 'Profile', 'common.last_ok': 'Last answer', 'common.no_zone': 'No zone',
  'common.id': 'Identifier', 'common.line': 'Line', 'common.since': 'since', 'common.edit_what': 'Edit {what}', 'common.delete_what': 'Delete {what}', 'common.test_what': 'Test {what}', 'common.saved': 'Saved.', 'common.serial_number': 'Serial number',
  'common.required': 'This is needed.', 'common.not_a_number': 'Give a number.', 'common.between': 'Give a number between {low} and {high}.', 'common.from': 'From', 'common.to': 'To', 'common.updated': 'Updated',
  'count.devices': { one: '{n} meter', other: '{n} meters' }, 'count.loads': { one: '{n} load', other: '{n} loads' }, 'count.curves': { one: '{n} curve', other: '{n} curves' },

  'home.now': '{fluid}, now', 'home.today': '{value} today', 'home.against_yesterday': '{change} against yesterday at the same time', 'home.no_yesterday': 'No value for yesterday yet',
  'home.production': 'Local production, now', 'home.production_share': '{share} of what the site draws', 'home.power_24h': 'Power over the last 24 hours', 'home.top_loads': 'Largest loads', 'home.by_usage': 'By usage',
  'home.chain': 'From the meters to the hub', 'home.notices': 'Needs attention', 'home.no_notices': 'Nothing needs attention.', 'home.devices_online': '{n} of {total} online', 'home.see_diagnostics': 'See diagnostics',
  'home.empty': 'No meter yet', 'home.empty_lead': 'Look for meters on a bus or a network: what answers can be added in one click.', 'home.find_meters': 'Find meters', 'home.other_usages': 'Other usages', 'home.now_short': 'Now', 'home.today_short': 'Today',
  'chain.devices': 'Meters', 'chain.buses': 'Field buses', 'chain.history': 'History', 'chain.clock': 'Clock', 'chain.hub': 'Hub', 'chain.clock_ok': 'set', 'chain.clock_unset': 'not set',

  'live.lead': 'What each load draws right now. Choose a load to see all its values.', 'live.connected': 'Live', 'live.reconnecting': 'Reconnecting…', 'live.loads': 'Loads, live', 'live.energy': 'Energy index',
  'live.voltage': 'Voltage', 'live.current': 'Current', 'live.power_factor': 'Power factor', 'live.all_values': 'All values of {name}', 'live.choose': 'Choose a load to see all its values.', 'live.only_state': 'State', 'live.any_state': 'Any state',
  'live.empty': 'No value yet', 'live.empty_lead': 'Values appear a moment after the first meter is added.', 'live.see_trend': 'See its trend', 'live.show': 'Show all values of {name}', 'live.flow': 'Power or flow',

  'site.lead': 'Where the loads are and what they are for. Consumption is added up along this tree.', 'site.settings': 'Site settings', 'site.name': 'Name of the site', 'site.time_zone': 'Time zone', 'site.time_zone_help': 'Days, months and tariffs follow this zone.',
  'site.country': 'Country', 'site.country_help': 'Two letters, for example FR.', 'site.add_zone': 'Add a zone', 'site.add_zone_in': 'Add a zone in {name}', 'site.edit_zone': 'Edit the zone', 'site.zone_parent': 'Inside', 'site.whole_site': 'The site itself',
  'site.delete_zone': 'Delete the zone {name}?', 'site.delete_zone_text': 'Its loads stay and go to “No zone”; zones inside it move up one level.', 'site.edit_load': 'Edit the load', 'site.load_enabled': 'In use', 'site.load_enabled_help': 'A load not in use is neither shown nor added up.',
  'site.empty_zone': 'Nothing in this zone yet.', 'site.no_loads': 'No load yet', 'site.no_loads_lead': 'Loads appear here when their meter is added.', 'site.tree': 'Site tree', 'site.zone_loads': 'Loads in this zone', 'site.usage_of': 'Usage of {name}', 'site.usage_saved': '{name}: {usage}', 'site.not_in_use': 'not in use', 'site.zone_deleted': 'Zone deleted.', 'site.power': 'Power {value}',

  'trends.lead': 'Compare loads and quantities over time.', 'trends.pick': 'Curves', 'trends.record': 'Quantity', 'trends.loads': 'Loads', 'trends.filter_loads': 'Filter loads', 'trends.range': 'Period', 'trends.custom': 'Other', 'trends.chart': 'Trends of the chosen curves',
  'trends.range.1h': '1 h', 'trends.range.6h': '6 h', 'trends.range.24h': '24 h', 'trends.range.7d': '7 d', 'trends.range.30d': '30 d', 'trends.band': 'Show lowest and highest', 'trends.empty': 'Choose a curve', 'trends.empty_lead': 'Tick loads beside: their curves share one time axis. Gaps in the record stay gaps.',
  'trends.no_series': 'Nothing is recorded yet', 'trends.no_series_lead': 'History starts as soon as a meter answers.', 'trends.too_many': 'Up to {n} curves fit one chart. Take one off first.', 'trends.remove': 'Take off {name}', 'trends.clear': 'Take all off', 'trends.apply': 'Show', 'trends.bad_range': 'The end must come after the start.', 'trends.selected': 'Chosen curves',
  'trends.no_match': 'No load has this name.',

  'consumption.lead': 'How much was used, by what, and against the previous period.', 'consumption.step': 'Step', 'consumption.by': 'Grouped by', 'consumption.by.load': 'Load', 'consumption.by.usage': 'Usage', 'consumption.by.zone': 'Zone',
  'consumption.step.hour': 'Hour', 'consumption.step.day': 'Day', 'consumption.step.month': 'Month', 'consumption.step.year': 'Year', 'consumption.compare': 'Compare with the previous period', 'consumption.earlier': 'Earlier period', 'consumption.later': 'Later period',
  'consumption.total': 'Total', 'consumption.previous': 'Previous period', 'consumption.change': 'Change', 'consumption.share': 'Share', 'consumption.chart': 'Consumption of {fluid} per {step}', 'consumption.empty': 'No consumption in this period', 'consumption.empty_lead': 'Choose another period, or check under Diagnostics that the meters answer.',
  'consumption.by_period': 'Figures per period', 'consumption.period': 'Period', 'consumption.others': 'Others', 'consumption.partial': 'incomplete', 'consumption.like_for_like': 'The change compares only what is over and was measured in both periods.', 'consumption.bad_range': 'The end must not come before the start.', 'consumption.too_long': 'At this step the period may hold {n} values at most: choose a coarser step or a shorter period.',
  'per.hour': 'hour', 'per.day': 'day', 'per.month': 'month', 'per.year': 'year',

  'sources.lead': 'The buses that the gateway reads, and the meters on them.', 'sources.discover': 'Find meters', 'sources.add_bus': 'Add a bus', 'sources.edit_bus': 'Edit the bus', 'sources.add_device': 'Add a meter by hand', 'sources.edit_device': 'Edit the meter',
  'sources.empty': 'No bus yet', 'sources.empty_lead': 'A bus is a serial line or a network address where meters answer. Find meters makes one for you.', 'sources.bus_empty': 'No meter on this bus yet. Find meters, or add one by hand.', 'sources.delete_bus': 'Delete the bus {name}?',
  'sources.delete_bus_text': 'Its meters are deleted too. What was recorded stays.', 'sources.delete_device': 'Delete the meter {name}?', 'sources.delete_device_text': 'Reading stops at once. What was recorded stays.', 'sources.bus_off': 'switched off',
  'sources.kind': 'Kind of line', 'sources.kind.tcp': 'Modbus TCP', 'sources.kind.rtu_over_tcp': 'Modbus RTU over TCP', 'sources.kind.serial': 'Serial line (RS-485)', 'sources.host': 'Address', 'sources.host_help': 'Name or IP address of the meter or of its gateway.', 'sources.port': 'Port',
  'sources.path': 'Serial port', 'sources.baud': 'Speed', 'sources.parity': 'Parity', 'sources.parity.none': 'None', 'sources.parity.even': 'Even', 'sources.parity.odd': 'Odd', 'sources.stop_bits': 'Stop bits', 'sources.timeout': 'Time-out (ms)', 'sources.timeout_help': 'How long to wait for an answer.',
  'sources.poll': 'Reading period (ms)', 'sources.poll_help': 'How often every meter is read, at best.', 'sources.bus_enabled': 'Read this bus', 'sources.device_enabled': 'Read this meter', 'sources.base': 'First register', 'sources.base_help': 'Only for maps that can start anywhere (SunSpec).', 'sources.load_names': 'Names of the loads',
  'sources.load_names_help': 'One per line, in the order of the channels. Left empty, they are named after the meter.', 'sources.deleted': 'Deleted.', 'sources.added': { one: '{n} meter added.', other: '{n} meters added.' }, 'sources.channels': 'Channels', 'sources.no_ports': 'No serial port was found on this machine: type its path.',
  'sources.choose_profile': 'Choose a profile', 'sources.profile_verified': 'checked on the device', 'sources.devices_on': 'Meters on {bus}', 'sources.device_actions': 'Actions for {name}', 'sources.product': 'Product', 'sources.unverified': 'not yet checked on a device',

  'discover.title': 'Find meters', 'discover.lead': 'The gateway asks each address in turn who answers. It only reads.', 'discover.where': 'Where to look', 'discover.line': 'Bus or line', 'discover.new_line': 'Another line or address', 'discover.first_unit': 'First unit id', 'discover.last_unit': 'Last unit id', 'discover.hosts': 'Several addresses',
  'discover.hosts_help': 'One per line; each is tried with the same port. Leave empty for the single address above.', 'discover.start': 'Start looking', 'discover.stop': 'Stop', 'discover.again': 'Look again', 'discover.progress': '{probed} of {total} addresses asked', 'discover.running': 'Looking…', 'discover.done': 'Finished.', 'discover.cancelled': 'Stopped.', 'discover.failed': 'The search failed.',
  'discover.found': 'Found', 'discover.none': 'Nothing answered', 'discover.none_lead': 'Check the wiring, the speed and the parity of the line, the address and port, and that the unit ids are within the range.', 'discover.by': 'Recognised by', 'discover.known': 'already added', 'discover.unknown_profile': 'unknown model', 'discover.select': 'Add {name}', 'discover.select_all': 'Choose all new meters',
  'discover.add': { one: 'Add {n} meter', other: 'Add {n} meters' }, 'discover.pick_some': 'Tick the meters to add', 'discover.choose_model': 'Choose the model before adding.', 'discover.name_of': 'Name of unit {unit}', 'discover.profile_of': 'Profile of unit {unit}', 'discover.found_count': { one: '{n} meter found', other: '{n} meters found' }, 'discover.back': 'Sources',

  'test.title': 'Test of {name}', 'test.running': 'Asking the meter…', 'test.ok': 'The meter answers.', 'test.failed': 'The meter does not answer as it should.', 'test.requests': 'Requests', 'test.points': 'Raw words and values', 'test.function': 'Function', 'test.address': 'Address', 'test.count': 'Words', 'test.time': 'Time', 'test.result': 'Result', 'test.words': 'Raw words', 'test.channel': 'Channel', 'test.again': 'Test again', 'test.identity': 'Says it is',
  'test.answered': 'answered', 'test.round_trip': 'Mean round trip: {time}',

  'diag.lead': 'How well the gateway hears its meters, keeps their history and reaches the hub.', 'diag.rate': 'Requests per second', 'diag.values_rate': 'Values per second', 'diag.errors_rate': 'Errors per second', 'diag.round_trip': 'Round trip (median)', 'diag.round_trip_all': 'median {p50}, 95% under {p95}, longest {max}', 'diag.bus_load': 'Line in use', 'diag.cycle': 'Full reading',
  'diag.requests': 'Requests', 'diag.timeouts': 'Time-outs', 'diag.crc': 'CRC errors', 'diag.exceptions': 'Refusals', 'diag.malformed': 'Damaged', 'diag.stale': 'Late answers', 'diag.answers': 'Answers', 'diag.failures': 'Failures in a row', 'diag.next_try': 'Next try', 'diag.refused_ranges': 'Refused ranges', 'diag.totals': 'Since start: {errors} errors in {requests} requests',
  'diag.historian': 'History', 'diag.series': 'Series', 'diag.samples': 'Samples', 'diag.size': 'Size', 'diag.oldest': 'Oldest', 'diag.last_write': 'Last write', 'diag.clock': 'Clock', 'diag.clock_now': 'Time of the gateway', 'diag.clock_set': 'Set by a time server', 'diag.clock_jump': 'Last jump', 'diag.hub': 'Hub link', 'diag.yes': 'yes', 'diag.no': 'no', 'diag.empty': 'No bus to watch yet',
  'diag.waiting': 'Waiting', 'diag.dropped': 'Lost', 'diag.errors': 'Errors',
  'diag.clock_jump_by': '{by}, {at}', 'diag.devices_of': 'Meters on {bus}', 'diag.ago_now': 'now',

  'events.lead': 'What happened on this gateway, newest first.', 'events.at': 'When', 'events.severity': 'Severity', 'events.what': 'What happened', 'events.empty': 'No event yet', 'events.more': 'Show older events', 'events.list': 'Events',

  'hub.lead': 'The hub receives history and values over an encrypted link that this gateway opens. The hub can never write to a meter.', 'hub.enrol': 'Join a hub', 'hub.enrol_lead': 'In the hub, add this gateway to a site: it shows the three values to copy here. The token works once.', 'hub.url': 'Address of the hub', 'hub.url_help': 'Starts with https://', 'hub.token': 'One-time token',
  'hub.fingerprint': 'Fingerprint of the hub’s authority', 'hub.fingerprint_help': 'SHA-256, 64 hexadecimal digits. It proves that this is the right hub.', 'hub.submit': 'Join', 'hub.state': 'State of the link', 'hub.backlog': 'Waiting to be sent', 'hub.backlog_text': { one: '{n} chunk, {size}', other: '{n} chunks, {size}' }, 'hub.backlog_none': 'nothing', 'hub.last_ack': 'Last confirmed by the hub', 'hub.certificate': 'Certificate valid until', 'hub.leave': 'Leave the hub',
  'hub.leave_title': 'Leave the hub?', 'hub.leave_text': 'The certificate is destroyed and nothing more is sent. Joining again needs a new token. History on this gateway stays.', 'hub.left': 'The gateway left the hub.', 'hub.joined': 'Enrolment accepted.', 'hub.bad_url': 'Give an address that starts with https://', 'hub.bad_fingerprint': 'A fingerprint has 64 hexadecimal digits (colons may separate them).', 'hub.what_is_kept': 'While the hub is out of reach, values wait on this gateway and leave in order when it is back.',
} as const;
