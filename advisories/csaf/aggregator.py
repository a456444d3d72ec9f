"""aggregator.json, the list of a CSAF aggregator (CSAF 2.0, requirements 21 and 22). Pure."""

from collections.abc import Iterable
from datetime import datetime

from advisories.csaf.provider import EPOCH, publisher_members
from advisories.csaf.write import Publisher, rfc3339

UPDATE_INTERVAL = "on best effort"  # documents are mirrored as they are imported


def aggregator(
    site: Publisher,
    canonical_url: str,
    *,
    own_metadata_url: str,
    own_updated_at: datetime | None,
    mirrors: Iterable[tuple[Publisher, str, datetime]],
) -> dict:
    """The aggregator document of a site.

    `site` is its operator, listed as a provider with `own_metadata_url`. `mirrors` are the issuers of the
    mirrored documents: publisher, address of the mirror's provider-metadata.json, time of the last change.
    They are listed as CSAF publishers: the documents came from files, not from a known provider.
    """
    mirrored = list(mirrors)
    times = [own_updated_at or EPOCH, *(at for _publisher, _url, at in mirrored)]
    members = publisher_members(site)
    document = {
        "aggregator": members | {"category": "aggregator" if mirrored else "lister"},
        "aggregator_version": "2.0",
        "canonical_url": canonical_url,
        "csaf_providers": [
            {
                "metadata": {
                    "last_updated": rfc3339(own_updated_at or EPOCH),
                    "publisher": members,
                    "role": "csaf_provider",
                    "url": own_metadata_url,
                }
            }
        ],
        "csaf_publishers": [
            {
                "metadata": {
                    "last_updated": rfc3339(at),
                    "publisher": publisher_members(publisher),
                    "role": "csaf_publisher",
                    "url": url,
                },
                "mirrors": [url],
                "update_interval": UPDATE_INTERVAL,
            }
            for publisher, url, at in mirrored
        ],
        "last_updated": rfc3339(max(times)),
    }
    return {key: value for key, value in document.items() if value}
