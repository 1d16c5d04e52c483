"""The sink must fail exactly as told, since the add-on's tests trust it."""

import smtplib
from email.message import EmailMessage

import pytest

from tools.smtp_sink import Sink


@pytest.fixture
def sink(tmp_path):
    with Sink(
        tmp_path,
        refuse=["Gone@example.com"],
        drop=["cut@example.com"],
        vanish=["lost@example.com"],
    ) as sink:
        yield sink


def send(sink, *recipients):
    message = EmailMessage()
    message["From"] = "compta@example.com"
    message["To"] = ", ".join(recipients)
    message["Subject"] = "Échéance dépassée"
    message.set_content("Bonjour,\n.\nVotre facture reste à régler.\n")
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
        return client.send_message(message)


def test_keeps_a_message_with_its_envelope(sink):
    send(sink, "a@example.com", "b@example.com")
    (message,) = sink.messages()
    assert message["Subject"] == "Échéance dépassée"
    assert message["X-Envelope-From"] == "compta@example.com"
    assert message.get_all("X-Envelope-To") == ["a@example.com", "b@example.com"]
    assert "\n.\nVotre facture" in message.get_content()


def test_keeps_messages_in_the_order_of_arrival(sink):
    for number in range(5):
        send(sink, f"{number}@example.com")
    assert [m["To"] for m in sink.messages()] == [f"{n}@example.com" for n in range(5)]


def test_refuses_an_address_whatever_its_case(sink):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(sink, "gone@Example.com")
    assert refused.value.recipients["gone@Example.com"][0] == 550
    assert sink.messages() == []


def test_takes_the_others_when_one_is_refused(sink):
    assert list(send(sink, "gone@example.com", "a@example.com")) == ["gone@example.com"]
    (message,) = sink.messages()
    assert message.get_all("X-Envelope-To") == ["a@example.com"]


def test_cuts_the_connection_and_takes_nothing(sink):
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(sink, "cut@example.com")
    assert sink.messages() == []
    send(sink, "a@example.com")
    assert len(sink.messages()) == 1


def test_takes_the_message_then_leaves_the_sender_in_doubt(sink):
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(sink, "lost@example.com")
    assert len(sink.messages()) == 1
