export { diagnose, forPeople, historyForPeople } from './diagnose.js';
export { Doctor, type DoctorInputs, type Examination } from './doctor.js';
export type { DeliveryFacts, Facts, HistoryLine, PeerFacts, ShareFacts } from './facts.js';
export type { Finding, Grade } from './finding.js';
export { Journal, type JournalLine, type JournalPage, type JournalQuestion } from './journal.js';
