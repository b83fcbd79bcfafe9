"""Every table of the house, imported in one place for migrations and tests."""

import app.accounts.tables
import app.audit.tables
import app.claims.tables
import app.contacts.tables
import app.digests.tables
import app.enterprises.tables
import app.gaps.tables
import app.intake.tables
import app.inventories.tables
import app.jobs.tables
import app.journal.tables
import app.mail.tables
import app.matching.tables
import app.moderation.tables
import app.needs.tables
import app.notices.tables
import app.opportunities.tables
import app.organizations.tables
import app.reference.tables
import app.responses.tables
import app.support_offers.tables
import app.support_requests.tables
import app.sync.tables

__all__ = ["app"]
