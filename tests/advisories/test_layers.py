"""Suggestions on texts that people write; the real ones are judged in test_formats_realdata.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisories.layers import LAYERS, suggest, weigh

TEXTS = {
    "perimeter": [
        "Do not make the management console reachable from the Internet.",
        "Only allow remote access through a VPN with a second factor.",
        "Put the server behind a reverse proxy that refuses requests with this header.",
        "Block inbound TCP 3389 at the edge firewall.",
        "Add a rule to the web application firewall that drops requests to /cgi-bin/.",
        "Quarantine messages with .lnk attachments at the e-mail gateway.",
    ],
    "network": [
        "Move the controllers to a VLAN of their own.",
        "Filter UDP port 161 between office and plant segments.",
        "Block outbound SMB traffic (TCP 445) from client subnets.",
        "Enable DHCP snooping and dynamic ARP inspection on the access switches.",
        "Restrict access to the device to an allow list of IP addresses.",
        "Use an intrusion prevention signature to drop the malformed packets.",
    ],
    "host": [
        "Set the registry value DisableCompression to 1 and restart the Server service.",
        "Stop and disable the Print Spooler service with PowerShell.",
        "Remove local administrator rights from ordinary users.",
        "Block the driver with AppLocker or Defender Application Control.",
        "Turn off unprivileged user namespaces with sysctl kernel.unprivileged_userns_clone=0.",
        "Unload and blacklist the kernel module.",
        "Update the firmware of the baseboard management controller.",
        "Restrict physical access to the kiosk.",
    ],
    "application": [
        "Disable macros in documents that come from the web zone.",
        "Set allowRemoteAdmin to false in the application's configuration file.",
        "Do not open PDF files from people you do not know.",
        "Deactivate the vulnerable plugin until an update is available.",
        "Turn off the preview pane in Outlook.",
    ],
    "data": [
        "Keep offline backups and test that you can restore them.",
        "Rotate all API keys and secrets that were stored on the server.",
        "Encrypt the database volume.",
        "Delete exported reports that hold sensitive data from the share.",
    ],
}


@pytest.mark.parametrize(("layer", "text"), [(layer, text) for layer in TEXTS for text in TEXTS[layer]])
def test_suggestions(layer, text):
    assert suggest(text) == layer


def test_a_text_that_tells_nothing_is_about_the_host():
    assert suggest("") == suggest("Contact us.") == "host"


def test_a_word_counts_once_however_often_it_comes():
    assert weigh("backup") == weigh("backup " * 1000)


def test_addresses_say_nothing():
    assert weigh("See https://vpn.example/firewall/internet.") == weigh("See .")


@given(st.text())
def test_every_text_has_a_layer(text):
    assert suggest(text) in LAYERS
