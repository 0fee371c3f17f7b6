/* Webhooks as their vendors sign them: the worked examples of their documents, and each of them tampered with, stale, under
 * another key and unsigned. */
#include "http/hook.h"

#include <string.h>

typedef enum { TAMPER_BODY, TAMPER_URL, TAMPER_SIGNATURE } Tamper; /* with what is signed */

typedef struct {
    const char *name, *row, *secret, *url, *method;
    HttpField headers[4];
    const char *body;
    int64_t now_s;
    Tamper tamper;
    HookVerdict verdict;
    const char *reply;
} Vector;

/* clang-format off */
static const Vector vectors[] = {
    {"slack command",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"signature\":\"header:X-Slack-Signature\",\"prefix\":\"v0=\",\"secret"
        "\":\"s\",\"signed_text\":\"v0:{timestamp}:{body}\",\"timestamp\":\"header:X-Slack-Request-Timestam"
        "p\",\"delivery\":\"json:/event_id\",\"challenge\":\"json:/challenge\",\"challenge_when\":\"json:/typ"
        "e=url_verification\"}",
     "8f742231b10e8888abcd99yyyzzz85a5", "https://hub.example.com/hooks/slack", "POST",
     {{"X-Slack-Request-Timestamp", "1531420618"}, {"x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}, {"Content-Type", "application/x-www-form-urlencoded"}},
     "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PS"
        "S9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-coll"
        "ect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F3977008855"
        "54%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447"
        "fce8b6703c",
     1531420618, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"slack verification",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"signature\":\"header:X-Slack-Signature\",\"prefix\":\"v0=\",\"secret"
        "\":\"s\",\"signed_text\":\"v0:{timestamp}:{body}\",\"timestamp\":\"header:X-Slack-Request-Timestam"
        "p\",\"delivery\":\"json:/event_id\",\"challenge\":\"json:/challenge\",\"challenge_when\":\"json:/typ"
        "e=url_verification\"}",
     "8f742231b10e8888abcd99yyyzzz85a5", "https://hub.example.com/hooks/slack", "POST",
     {{"X-Slack-Request-Timestamp", "1700000000"}, {"X-Slack-Signature", "v0=76c303eba32e8ec5639c84f822b2c64cdb1ea7e94fdd6d7b0b958d8e40c0959f"}, {"Content-Type", "application/json"}},
     "{\"token\":\"Jhj5dZrVaK7ZwHHjRyZWjbDl\",\"challenge\":\"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHk"
        "vFXO7tYXAYM8P\",\"type\":\"url_verification\"}",
     1700000000, TAMPER_BODY, HOOK_CHALLENGE, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"},
    {"slack button",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"signature\":\"header:X-Slack-Signature\",\"prefix\":\"v0=\",\"secret"
        "\":\"s\",\"signed_text\":\"v0:{timestamp}:{body}\",\"timestamp\":\"header:X-Slack-Request-Timestam"
        "p\",\"delivery\":\"json:/event_id\",\"challenge\":\"json:/challenge\",\"challenge_when\":\"json:/typ"
        "e=url_verification\"}",
     "8f742231b10e8888abcd99yyyzzz85a5", "https://hub.example.com/hooks/slack", "POST",
     {{"X-Slack-Request-Timestamp", "1700000000"}, {"X-Slack-Signature", "v0=defc9b3580f709bb565137a56777f4e1e112e9df8aac896339c11d7a3d3ad55c"}, {"Content-Type", "application/x-www-form-urlencoded"}},
     "payload=%7B%22type%22%3A%22block_actions%22%2C%22user%22%3A%7B%22id%22%3A%22U2CERLKJA%22"
        "%2C%22username%22%3A%22roadrunner%22%2C%22team_id%22%3A%22T1DC2JH3J%22%7D%2C%22api_app_i"
        "d%22%3A%22A02%22%2C%22token%22%3A%22Shh_its_a_seekrit%22%2C%22container%22%3A%7B%22type%"
        "22%3A%22message%22%2C%22message_ts%22%3A%221548261231.000200%22%2C%22channel_id%22%3A%22"
        "CBR2V3XEX%22%2C%22is_ephemeral%22%3Afalse%7D%2C%22trigger_id%22%3A%2212321423423.3336494"
        "36676.d8c1bb837935619ccad0f624c448ffb3%22%2C%22team%22%3A%7B%22id%22%3A%22T1DC2JH3J%22%2"
        "C%22domain%22%3A%22testteamnow%22%7D%2C%22channel%22%3A%7B%22id%22%3A%22CBR2V3XEX%22%2C%"
        "22name%22%3A%22arrears%22%7D%2C%22message%22%3A%7B%22type%22%3A%22message%22%2C%22bot_id"
        "%22%3A%22B1%22%2C%22text%22%3A%22Case%20c-1001%22%2C%22ts%22%3A%221548261231.000200%22%7"
        "D%2C%22response_url%22%3A%22https%3A%2F%2Fhooks.slack.com%2Factions%2FAABA1ABCD%2F123232"
        "1423432%2FD09sSasdasdAS9091209%22%2C%22actions%22%3A%5B%7B%22type%22%3A%22button%22%2C%2"
        "2block_id%22%3A%22case_actions%22%2C%22action_id%22%3A%22approve_step%22%2C%22text%22%3A"
        "%7B%22type%22%3A%22plain_text%22%2C%22text%22%3A%22Approve%22%2C%22emoji%22%3Atrue%7D%2C"
        "%22value%22%3A%22c-1001%3A4%22%2C%22style%22%3A%22primary%22%2C%22action_ts%22%3A%221548"
        "426417.840180%22%7D%5D%7D",
     1700000299, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"xero 1",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"encoding\":\"base64\",\"signature\":\"header:x-xero-signature\",\"se"
        "cret\":\"s\"}",
     "dunhub-test-xero-webhook-key", "https://h/hooks/xero", "POST",
     {{"x-xero-signature", "Ysm/VMGG7XKjKW+KSd9BnrVyVoWyt2mb+Vs+aivatDM="}},
     "{\"events\":[],\"firstEventSequence\":0,\"lastEventSequence\":0,\"entropy\":\"S0m3r4Nd0mt3xt\"}",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"xero 2",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"encoding\":\"base64\",\"signature\":\"header:x-xero-signature\",\"se"
        "cret\":\"s\"}",
     "dunhub-test-xero-webhook-key", "https://h/hooks/xero", "POST",
     {{"x-xero-signature", "5eMMwTuG0h8yiwiTMxMXi8Tna/yWRoLQNinwaExR9Qo="}},
     "{\"events\":[{\"resourceUrl\":\"https://api.xero.com/api.xro/2.0/Invoices/717f2bfc-c6d4-41fd-"
        "b238-3f2f0c0cf777\",\"resourceId\":\"717f2bfc-c6d4-41fd-b238-3f2f0c0cf777\",\"tenantId\":\"c2cc9"
        "b6e-9458-4c7d-93cc-f02b81b0594f\",\"tenantType\":\"ORGANISATION\",\"eventCategory\":\"INVOICE\",\""
        "eventType\":\"UPDATE\",\"eventDateUtc\":\"2026-09-05T01:15:39.902\"}],\"firstEventSequence\":1,\"l"
        "astEventSequence\":1,\"entropy\":\"QWERTYUIOPASDFGHJKLZ\"}",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"quickbooks 1",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"encoding\":\"base64\",\"signature\":\"header:intuit-signature\",\"se"
        "cret\":\"s\"}",
     "dunhub-test-verifier-token", "https://h/hooks/quickbooks", "POST",
     {{"intuit-signature", "6Aq7W+8tG9pVtQW1b7sLhNv8yhI4n0za+nl7fwTZKXM="}},
     "{\"eventNotifications\":[{\"realmId\":\"9341455327810551\",\"dataChangeEvent\":{\"entities\":[{\"na"
        "me\":\"Invoice\",\"id\":\"130\",\"operation\":\"Update\",\"lastUpdated\":\"2026-09-05T11:12:13.000Z\"}]"
        "}}]}",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"quickbooks 2",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"encoding\":\"base64\",\"signature\":\"header:intuit-signature\",\"se"
        "cret\":\"s\"}",
     "dunhub-test-verifier-token", "https://h/hooks/quickbooks", "POST",
     {{"intuit-signature", "jb4fTmXLHXkVGUEXJExPSW+TgbxWjgT/8n4PeL8O9B4="}},
     "[{\"specversion\":\"1.0\",\"id\":\"88cd52aa-33b6-4351-9aa4-47572edbd068\",\"source\":\"intuit.dsnBg"
        "bseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=\",\"type\":\"qbo.invoice.updated.v1\",\"datacontenttyp"
        "e\":\"application/json\",\"time\":\"2026-09-05T11:12:13.179Z\",\"intuitentityid\":\"130\",\"intuitac"
        "countid\":\"9341455327810551\",\"data\":{}}]",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"twilio reply",
     "{\"name\":\"\",\"get\":true,\"scheme\":\"hmac\",\"hash\":\"sha1\",\"encoding\":\"base64\",\"signature\":\"hea"
        "der:X-Twilio-Signature\",\"secret\":\"s\",\"signed_text\":\"{url}{form}\",\"body_digest\":\"query:bo"
        "dySHA256\",\"delivery\":\"header:I-Twilio-Idempotency-Token\"}",
     "12345678901234567890123456789012", "https://hub.example.com/hooks/twilio/sms?tenant=42", "POST",
     {{"X-Twilio-Signature", "omcL4q49ciPXC2CKVxFJ8UE/GC4="}, {"Content-Type", "application/x-www-form-urlencoded"}},
     "ToCountry=US&ToState=CA&SmsMessageSid=SM11111111111111111111111111111111&NumMedia=0&ToCi"
        "ty=&FromZip=94105&SmsSid=SM11111111111111111111111111111111&FromState=CA&SmsStatus=recei"
        "ved&FromCity=SAN+FRANCISCO&Body=I+need+help+%26+more+time&FromCountry=US&To=%2B150055500"
        "06&ToZip=&NumSegments=1&MessageSid=SM11111111111111111111111111111111&AccountSid=AC00000"
        "000000000000000000000000001&From=%2B14155552345&ApiVersion=2010-04-01",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"twilio receipt",
     "{\"name\":\"\",\"get\":true,\"scheme\":\"hmac\",\"hash\":\"sha1\",\"encoding\":\"base64\",\"signature\":\"hea"
        "der:X-Twilio-Signature\",\"secret\":\"s\",\"signed_text\":\"{url}{form}\",\"body_digest\":\"query:bo"
        "dySHA256\",\"delivery\":\"header:I-Twilio-Idempotency-Token\"}",
     "12345678901234567890123456789012", "https://hub.example.com/hooks/twilio/status", "POST",
     {{"X-Twilio-Signature", "7pZMeaasSCRb5sx9j1+Tdp7o77s="}, {"Content-Type", "application/x-www-form-urlencoded"}},
     "AccountSid=AC00000000000000000000000000000001&ApiVersion=2010-04-01&ErrorCode=30003&From"
        "=%2B15005550006&MessageSid=SM22222222222222222222222222222222&MessageStatus=undelivered&"
        "SmsSid=SM22222222222222222222222222222222&SmsStatus=undelivered&To=%2B14155552345",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"twilio repeated names",
     "{\"name\":\"\",\"get\":true,\"scheme\":\"hmac\",\"hash\":\"sha1\",\"encoding\":\"base64\",\"signature\":\"hea"
        "der:X-Twilio-Signature\",\"secret\":\"s\",\"signed_text\":\"{url}{form}\",\"body_digest\":\"query:bo"
        "dySHA256\",\"delivery\":\"header:I-Twilio-Idempotency-Token\"}",
     "12345678901234567890123456789012", "https://x.example/h", "POST",
     {{"X-Twilio-Signature", "7Du8gNzzxU2c6QShtJv0endK/50="}, {"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"}},
     "b=2&b=1&b=2&a=1&A=0",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"twilio json",
     "{\"name\":\"\",\"get\":true,\"scheme\":\"hmac\",\"hash\":\"sha1\",\"encoding\":\"base64\",\"signature\":\"hea"
        "der:X-Twilio-Signature\",\"secret\":\"s\",\"signed_text\":\"{url}{form}\",\"body_digest\":\"query:bo"
        "dySHA256\",\"delivery\":\"header:I-Twilio-Idempotency-Token\"}",
     "12345678901234567890123456789012", "https://hub.example.com/hooks/twilio/events?bodySHA256=936d18807130196da6f21a53786ccdb7db92353822a229a9ad53bb481ab8f149", "POST",
     {{"X-Twilio-Signature", "tx2yu4SmdSJ2vyh9g/wJXLrjuWE="}, {"Content-Type", "application/json"}},
     "{\"specversion\":\"1.0\",\"type\":\"com.twilio.messaging.message.undelivered\"}",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"twilio with port",
     "{\"name\":\"\",\"get\":true,\"scheme\":\"hmac\",\"hash\":\"sha1\",\"encoding\":\"base64\",\"signature\":\"hea"
        "der:X-Twilio-Signature\",\"secret\":\"s\",\"signed_text\":\"{url}{form}\",\"body_digest\":\"query:bo"
        "dySHA256\",\"delivery\":\"header:I-Twilio-Idempotency-Token\"}",
     "12345678901234567890123456789012", "https://x.example/h", "POST",
     {{"X-Twilio-Signature", "43bDNtJJqamdcna0xCHMPt2jwRI="}, {"Content-Type", "application/x-www-form-urlencoded"}},
     "b=2&b=1&b=2&a=1&A=0",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"twilio by get",
     "{\"name\":\"\",\"get\":true,\"scheme\":\"hmac\",\"hash\":\"sha1\",\"encoding\":\"base64\",\"signature\":\"hea"
        "der:X-Twilio-Signature\",\"secret\":\"s\",\"signed_text\":\"{url}{form}\",\"body_digest\":\"query:bo"
        "dySHA256\",\"delivery\":\"header:I-Twilio-Idempotency-Token\"}",
     "12345678901234567890123456789012", "https://x.example/h?b=2&a=%20", "GET",
     {{"X-Twilio-Signature", "sbJ+NxWeo6MjYfamSSz3ocYLU74="}},
     "",
     1, TAMPER_URL, HOOK_DELIVERY, NULL},
    {"docusign json",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"encoding\":\"base64\",\"signed_by_any\":true,\"signature\":\"header:"
        "X-DocuSign-Signature-*\",\"secret\":\"s\"}",
     "LnNkZ1Zk0mJ8Vq3eX7rT2uY5wA9bC4dF6gH1jK8lM0o=", "https://h/hooks/docusign", "POST",
     {{"X-DocuSign-Signature-1", "bm90IHRoaXMgb25l"}, {"X-DocuSign-Signature-2", "eP56f8UnX+NILgTbV/PzRZfXafsqT/iHbRrqnEaatRw="}},
     "{\"event\":\"envelope-completed\",\"uri\":\"/restapi/v2.1/accounts/18b4799a-0000-0000-0000-c1f3"
        "e9f3d3b4/envelopes/93be49ab-0000-4000-8000-f752070d71ec\",\"retryCount\":0,\"configurationId"
        "\":10483612,\"apiVersion\":\"v2.1\",\"generatedDateTime\":\"2026-11-22T05:00:00.0000000Z\",\"data\""
        ":{\"accountId\":\"18b4799a-0000-0000-0000-c1f3e9f3d3b4\",\"userId\":\"564f7988-0000-0000-0000-7"
        "81ee556ab7a\",\"envelopeId\":\"93be49ab-0000-4000-8000-f752070d71ec\"}}",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"docusign xml",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"encoding\":\"base64\",\"signed_by_any\":true,\"signature\":\"header:"
        "X-DocuSign-Signature-*\",\"secret\":\"s\"}",
     "LnNkZ1Zk0mJ8Vq3eX7rT2uY5wA9bC4dF6gH1jK8lM0o=", "https://h/hooks/docusign", "POST",
     {{"x-docusign-signature-1", "UZRnt4boIrU+X8Z4m9BcAJYI1bPVq8D016fGshf4K9Y="}},
     "<?xml version=\"1.0\" encoding=\"utf-8\"?><DocuSignEnvelopeInformation xmlns=\"http://www.doc"
        "usign.net/API/3.0\"><EnvelopeStatus><EnvelopeID>93be49ab-0000-4000-8000-f752070d71ec</Env"
        "elopeID><Status>Completed</Status></EnvelopeStatus></DocuSignEnvelopeInformation>",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"sendgrid a",
     "{\"name\":\"\",\"scheme\":\"ecdsa\",\"encoding\":\"base64\",\"signature\":\"header:X-Twilio-Email-Event"
        "-Webhook-Signature\",\"secret\":\"s\",\"signed_text\":\"{timestamp}{body}\",\"timestamp\":\"header:X"
        "-Twilio-Email-Event-Webhook-Timestamp\"}",
     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==", "https://h/hooks/sendgrid", "POST",
     {{"X-Twilio-Email-Event-Webhook-Timestamp", "1600112502"}, {"X-Twilio-Email-Event-Webhook-Signature", "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="}},
     "[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced Address\",\"sg_event_id\":\""
        "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\",\"sg_message_id\":\"LRzXl_NHStOGhQ4kof"
        "Sm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"smtp-id\":\"<LRzXl_NHStOGhQ4kof"
        "Sm_A@ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]\r\n",
     1600112502, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"sendgrid b",
     "{\"name\":\"\",\"scheme\":\"ecdsa\",\"encoding\":\"base64\",\"signature\":\"header:X-Twilio-Email-Event"
        "-Webhook-Signature\",\"secret\":\"s\",\"signed_text\":\"{timestamp}{body}\",\"timestamp\":\"header:X"
        "-Twilio-Email-Event-Webhook-Timestamp\"}",
     "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEj4In44MLxIG5aPBzqYx8mr+QwXZjl7GKT6a0Yp28O4OfauG+6IqAJajg40fRinUSOtfo8hw4pW2sbbisLt2vwA==", "https://h/hooks/sendgrid", "POST",
     {{"X-Twilio-Email-Event-Webhook-Timestamp", "1700000001"}, {"X-Twilio-Email-Event-Webhook-Signature", "MEQCIDUVOalNiHWujBo5nHEHnXfqxvvDakHqkRZ3twLJDxIjAiApSQkU70Fa9+xTVhxMFG3lCuzU0/DfKMRbD+lAi5P85Q=="}},
     "[{\"email\":\"tenant@example.com\",\"timestamp\":1700000000,\"smtp-id\":\"<14c5d75ce93.dfd.64b469"
        "@ismtpd-555>\",\"event\":\"bounce\",\"category\":[\"dunning\"],\"sg_event_id\":\"6g4ZI7SA-xmRDv57GoP"
        "IPw==\",\"sg_message_id\":\"14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0\",\"reason\":\"5"
        "50 5.1.1 The email account does not exist\",\"status\":\"5.1.1\",\"type\":\"bounce\",\"case_id\":\"c"
        "-1001\"}]",
     1700000001, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"mailgun",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"signature\":\"json:/signature/signature\",\"secret\":\"s\",\"signed_"
        "text\":\"{timestamp}{json:/signature/token}\",\"timestamp\":\"json:/signature/timestamp\",\"deli"
        "very\":\"json:/signature/token\",\"refused_status\":406}",
     "key-0123456789abcdef0123456789abcdef", "https://h/hooks/mailgun", "POST",
     {{"Content-Type", "application/json"}},
     "{\"signature\":{\"token\":\"a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0\",\"timestamp\":\""
        "1529006854\",\"signature\":\"c8eda93e66d2c94a17d10e6589c0200a7bc417c935bee5dc17de70ba612c0a4"
        "b\"},\"event-data\":{\"id\":\"x\"}}",
     1529006854, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"stripe",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"signed_by_any\":true,\"signature\":\"header:Stripe-Signature\",\"p"
        "refix\":\"v1=\",\"secret\":\"s\",\"signed_text\":\"{timestamp}.{body}\",\"timestamp\":\"header:Stripe-"
        "Signature[t]\",\"delivery\":\"json:/id\"}",
     "whsec_dunhub_test_secret", "https://h/hooks/stripe", "POST",
     {{"Stripe-Signature", "t=1795323600,v1=00ff,v1=a97363cfa451a54e7c60283b3db9d66a3aaefff064c8eacacce82e6d191afb4f,v0=11"}},
     "{\"id\":\"evt_1\",\"object\":\"event\",\"api_version\":\"2026-10-28.endive\",\"created\":1795323599,\"d"
        "ata\":{\"object\":{\"id\":\"in_1\",\"object\":\"invoice\",\"customer\":\"cus_1\",\"status\":\"open\",\"amoun"
        "t_remaining\":124050,\"attempt_count\":2}},\"livemode\":false,\"pending_webhooks\":1,\"request\":"
        "{\"id\":null,\"idempotency_key\":null},\"type\":\"invoice.payment_failed\"}",
     1795323600, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"hubspot",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"encoding\":\"base64\",\"signature\":\"header:X-HubSpot-Signature-v"
        "3\",\"secret\":\"s\",\"signed_text\":\"{method}{url}{body}{timestamp}\",\"timestamp\":\"header:X-Hub"
        "Spot-Request-Timestamp\"}",
     "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "https://hub.example.com/hooks/hubspot", "POST",
     {{"X-HubSpot-Request-Timestamp", "1795323600000"}, {"X-HubSpot-Signature-v3", "t0aOfFbz5BsWBqkeuSyNRwaIc/fOSNJ/grlxpcGqWfA="}},
     "[{\"eventId\":1,\"subscriptionId\":12345,\"portalId\":62515,\"occurredAt\":1564113600000,\"subscr"
        "iptionType\":\"contact.creation\",\"attemptNumber\":0,\"objectId\":123,\"changeSource\":\"CRM\",\"ch"
        "angeFlag\":\"NEW\",\"appId\":54321}]",
     1795323600, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"hubspot with a blank",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"encoding\":\"base64\",\"signature\":\"header:X-HubSpot-Signature-v"
        "3\",\"secret\":\"s\",\"signed_text\":\"{method}{url}{body}{timestamp}\",\"timestamp\":\"header:X-Hub"
        "Spot-Request-Timestamp\"}",
     "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "https://hub.example.com/hooks/hubspot?tenant=a b", "POST",
     {{"X-HubSpot-Request-Timestamp", "1795323600000"}, {"X-HubSpot-Signature-v3", "Us9TazezXIkgfa1doLyuzMxeh75dtuOPMbS5ZohRNWA="}},
     "[{\"eventId\":1,\"subscriptionId\":12345,\"portalId\":62515,\"occurredAt\":1564113600000,\"subscr"
        "iptionType\":\"contact.creation\",\"attemptNumber\":0,\"objectId\":123,\"changeSource\":\"CRM\",\"ch"
        "angeFlag\":\"NEW\",\"appId\":54321}]",
     1795323600, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"intercom",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"hash\":\"sha1\",\"signature\":\"header:X-Hub-Signature\",\"prefix\":\""
        "sha1=\",\"secret\":\"s\",\"delivery\":\"json:/id\"}",
     "3f1c9b7e-1d2a-4c55-9a6e-0c2d8f7b1a10", "https://h/hooks/intercom", "POST",
     {{"X-Hub-Signature", "sha1=da89c96792ec593d78c9556191f6003e9df40bd3"}},
     "{\"type\":\"notification_event\",\"app_id\":\"a86dr8yl\",\"data\":{\"type\":\"notification_event_data"
        "\",\"item\":{\"type\":\"conversation\",\"id\":\"503\"}},\"links\":{},\"id\":\"notif_2e6a6b60-0000-0000-0"
        "000-000000000001\",\"topic\":\"conversation.user.replied\",\"delivery_status\":\"pending\",\"deliv"
        "ery_attempts\":1,\"delivered_at\":0,\"first_sent_at\":1700000000,\"created_at\":1700000000,\"sel"
        "f\":null}",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"intercom canvas",
     "{\"name\":\"canvas\",\"scheme\":\"hmac\",\"signature\":\"header:X-Body-Signature\",\"secret\":\"s\"}",
     "3f1c9b7e-1d2a-4c55-9a6e-0c2d8f7b1a10", "https://h/hooks/intercom", "POST",
     {{"X-Body-Signature", "a3ffa154ca4b9ae11047ec0afba8c3c46e19a0bd03cf370a0fb2f1b2517e3eec"}},
     "{\"app_id\":\"a86dr8yl\",\"contact\":{\"id\":\"6762f0dd1bb69f9f2193bb83\"},\"component_id\":\"pay_now"
        "\"}",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"smartsheet",
     "{\"name\":\"\",\"scheme\":\"hmac\",\"signature\":\"header:Smartsheet-Hmac-SHA256\",\"secret\":\"s\",\"cha"
        "llenge_unsigned\":true,\"challenge\":\"header:Smartsheet-Hook-Challenge\",\"challenge_reply\":\""
        "{\\\"smartsheetHookResponse\\\":{challenge_json}}\",\"challenge_type\":\"application/json\",\"repl"
        "y_header\":\"Smartsheet-Hook-Response: {challenge}\"}",
     "216ejjzdnq17mq1q8xs7d4hu8b", "https://h/hooks/smartsheet", "POST",
     {{"Smartsheet-Hmac-SHA256", "CECC7B15f7dddc87a5d1fa96da29e9117f9b62c25094e93f9b9688ebdac73f91"}},
     "{\"nonce\":\"4b2ed20d-6f00-4b0c-8fac-082182aa9aac\",\"timestamp\":\"2026-11-22T05:00:00.000+00:"
        "00\",\"webhookId\":8444254503626628,\"scope\":\"sheet\",\"scopeObjectId\":3285357287499652,\"event"
        "s\":[{\"objectType\":\"row\",\"eventType\":\"updated\",\"id\":7670198317672324,\"userId\":48569348493"
        "401200,\"timestamp\":\"2026-11-22T04:59:58.000+00:00\"}]}",
     1, TAMPER_BODY, HOOK_DELIVERY, NULL},
    {"okta",
     "{\"name\":\"\",\"scheme\":\"secret\",\"signature\":\"header:Authorization\",\"secret\":\"s\",\"challenge_"
        "unsigned\":true,\"challenge\":\"header:X-Okta-Verification-Challenge\",\"challenge_when\":\"meth"
        "od=GET\",\"challenge_reply\":\"{\\\"verification\\\":{challenge_json}}\",\"challenge_type\":\"applic"
        "ation/json\",\"delivery\":\"json:/eventId\"}",
     "an okta secret", "https://h/hooks/okta", "POST",
     {{"Authorization", "an okta secret"}, {"Content-Type", "application/json"}},
     "{\"eventId\":\"e-1\"}",
     1, TAMPER_SIGNATURE, HOOK_DELIVERY, NULL},
};
/* clang-format on */

static json_t *row_of(const char *text)
{
    json_t *row = json_loads(text, 0, NULL);
    g_assert_nonnull(row);
    return row;
}

/* The request as it would come in under that address. */
static HttpRequest request_of(const Vector *vector)
{
    const char *host = strstr(vector->url, "://") + 3, *target = strchr(host, '/');
    const char *query = strchr(target, '?');
    size_t n = 0;
    while (n < G_N_ELEMENTS(vector->headers) && vector->headers[n].name)
        n++;
    return (HttpRequest){
        .method = vector->method,
        .target = target,
        .path = "/hooks/x",
        .query = query ? query + 1 : NULL,
        .headers = vector->headers,
        .n_headers = n,
        .body = vector->body,
        .body_bytes = strlen(vector->body),
        .peer = "127.0.0.1",
    };
}

static HookVerdict verdict_of(const Vector *vector, HookReply *ret_reply)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) row = row_of(vector->row);
    g_autoptr(json_t) secret = vector->secret ? json_string(vector->secret) : NULL;
    g_autoptr(Hook) hook = hook_new(row, secret, &error);
    HttpRequest request = request_of(vector);
    g_assert_no_error(error);
    hook_judge(hook, &request, vector->url, vector->now_s, ret_reply);
    return ret_reply->verdict;
}

static void assert_refused(const Vector *vector, const char *how)
{
    g_auto(HookReply) reply = {0};
    g_test_message("%s, %s", vector->name, how);
    g_assert_cmpint(verdict_of(vector, &reply), ==, HOOK_REFUSED);
    g_assert_cmpuint(reply.status, ==, strstr(vector->row, "406") ? 406 : 401);
    g_assert_nonnull(reply.why);
    g_assert_null(reply.delivery);
}

static void test_good(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_auto(HookReply) reply = {0};
        g_test_message("%s", vectors[i].name);
        g_assert_cmpint(verdict_of(&vectors[i], &reply), ==, vectors[i].verdict);
        g_assert_cmpuint(reply.status, ==, 200);
        g_assert_cmpstr(reply.body, ==, vectors[i].reply);
        g_assert_true((reply.delivery != NULL) == (vectors[i].verdict == HOOK_DELIVERY));
    }
}

/* Each byte of the body in turn, or one more at its end. */
static void test_tampered_body(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        Vector changed = vectors[i];
        if (changed.tamper != TAMPER_BODY || strstr(changed.name, "mailgun"))
            continue;
        g_autofree char *longer = g_strconcat(changed.body, "x", NULL);
        changed.body = longer;
        assert_refused(&changed, "longer");
        g_autofree char *body = g_strdup(vectors[i].body);
        body[strlen(body) / 2] ^= 1;
        changed.body = body;
        assert_refused(&changed, "one bit");
    }
}

static void test_tampered_elsewhere(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        Vector changed = vectors[i];
        g_autofree char *url = g_strconcat(changed.url, "x", NULL);
        if (strstr(changed.row, "{url}")) {
            changed.url = url;
            assert_refused(&changed, "another address");
        }
    }
}

static void test_mailgun_token(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        if (strcmp(vectors[i].name, "mailgun") != 0)
            continue;
        Vector changed = vectors[i];
        g_autofree char *body = g_strdup(changed.body);
        *strstr(body, "a8ce0edb") = 'b';
        changed.body = body;
        assert_refused(&changed, "another token");
    }
}

static void test_stale(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        Vector changed = vectors[i];
        if (!strstr(changed.row, "\"timestamp\""))
            continue;
        changed.now_s += 601;
        assert_refused(&changed, "stale");
        changed.now_s -= 1202;
        assert_refused(&changed, "of the future");
    }
}

static void test_wrong_key(void)
{
    static const char other[] =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEj4In44MLxIG5aPBzqYx8mr+QwXZjl7GKT6a0Yp28O4OfauG+6IqA"
        "JajwAAAA40fRinUSOtfo8hw4pW2sbbisLt2vwA==";
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        Vector changed = vectors[i];
        const char *secrets[] = {"another", other, "", NULL};
        for (size_t k = 0; k < G_N_ELEMENTS(secrets); k++) {
            changed.secret = secrets[k];
            assert_refused(&changed, secrets[k] ? secrets[k] : "no secret");
        }
    }
}

static void test_unsigned(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        Vector changed = vectors[i];
        if (strstr(changed.row, "\"json:/signature/signature\""))
            continue;
        for (size_t k = 0; k < G_N_ELEMENTS(changed.headers); k++)
            if (changed.headers[k].name && strcasestr(changed.headers[k].name, "time") == NULL &&
                strcmp(changed.headers[k].name, "Content-Type") != 0)
                changed.headers[k].name = "X-Nothing";
        assert_refused(&changed, "unsigned");
    }
}

/* ---- what the vectors leave open -------------------------------------------------------------
 */

#define SECRET_ROW                                                                                 \
    "{\"name\":\"\",\"scheme\":\"secret\",\"signature\":\"header:Authorization\",\"secret\":\"s\""

static void judge_row(const char *row, const json_t *secret, const HttpRequest *request,
                      HookReply *ret_reply)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) parsed = row_of(row);
    g_autoptr(Hook) hook = hook_new(parsed, secret, &error);
    g_assert_no_error(error);
    hook_judge(hook, request, "https://h/hooks/x", 1000, ret_reply);
}

/* Either fits while one is being replaced. */
static void test_two_secrets(void)
{
    static const char *const given[] = {"old", "new", "older"};
    g_autoptr(json_t) secrets = json_pack("[s,s]", "old", "new");
    for (size_t i = 0; i < G_N_ELEMENTS(given); i++) {
        g_auto(HookReply) reply = {0};
        HttpField field = {"Authorization", given[i]};
        HttpRequest request = {"POST", "/", "/", NULL, &field, 1, "", 0, "", false};
        judge_row(SECRET_ROW "}", secrets, &request, &reply);
        g_assert_cmpint(reply.verdict, ==, i < 2 ? HOOK_DELIVERY : HOOK_REFUSED);
    }
}

/* Two signatures where one belongs are none, unless the row says that any may fit. */
static void test_two_signatures(void)
{
    static const HttpField fields[] = {{"Authorization", "s"}, {"Authorization", "s"}};
    HttpRequest request = {"POST", "/", "/", NULL, fields, 2, "", 0, "", false};
    g_autoptr(json_t) secret = json_string("s");
    g_auto(HookReply) one = {0}, any = {0};
    judge_row(SECRET_ROW "}", secret, &request, &one);
    judge_row(SECRET_ROW ",\"signed_by_any\":true}", secret, &request, &any);
    g_assert_cmpint(one.verdict, ==, HOOK_REFUSED);
    g_assert_cmpint(any.verdict, ==, HOOK_DELIVERY);
}

static void test_challenges(void)
{
#define ECHO(header, more)                                                                         \
    "{\"name\":\"\",\"scheme\":\"none\",\"challenge\":\"header:" header "\"" more "}"
    static const struct {
        const char *row, *method, *header, *value;
        HookVerdict verdict;
        unsigned status;
        const char *type, *body, *reply_header;
    } rows[] = {
        {ECHO("x-okta-verification-challenge",
              ",\"challenge_reply\":\"{\\\"verification\\\":{challenge_json}}\","
              "\"challenge_type\":\"application/json\""),
         "GET", "x-okta-verification-challenge", "4f7c2a9d", HOOK_CHALLENGE, 200,
         "application/json", "{\"verification\":\"4f7c2a9d\"}", NULL},
        {ECHO("X-ADOBESIGN-CLIENTID", ",\"challenge_when\":\"method=GET\",\"reply_header\":"
                                      "\"X-AdobeSign-ClientId: {challenge}\""),
         "GET", "X-ADOBESIGN-CLIENTID", "BGBQIIE7H253K6", HOOK_CHALLENGE, 200, "text/plain",
         "BGBQIIE7H253K6", "BGBQIIE7H253K6"},
        {ECHO("X-ADOBESIGN-CLIENTID", ",\"challenge_when\":\"method=GET\",\"reply_header\":"
                                      "\"X-AdobeSign-ClientId: {challenge}\""),
         "POST", "X-ADOBESIGN-CLIENTID", "BGBQIIE7H253K6", HOOK_DELIVERY, 200, NULL, NULL,
         "BGBQIIE7H253K6"},
        {ECHO("C", ",\"challenge_reply\":\"{challenge_json}\""), "GET", "C",
         "\"</script>{challenge}", HOOK_CHALLENGE, 200, "text/plain",
         "\"\\\"</script>{challenge}\"", NULL},
        {ECHO("C", ""), "GET", "D", "x", HOOK_REFUSED, 405, NULL, NULL, NULL},
        {ECHO("C", ""), "PUT", "C", "x", HOOK_REFUSED, 405, NULL, NULL, NULL},
        {"{\"name\":\"\",\"scheme\":\"none\",\"reply_type\":\"text/xml\",\"reply_body\":"
         "\"<Ack>true</Ack>\"}",
         "POST", "C", "x", HOOK_DELIVERY, 200, "text/xml", "<Ack>true</Ack>", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(HookReply) reply = {0};
        HttpField field = {rows[i].header, rows[i].value};
        HttpRequest request = {rows[i].method, "/", "/", NULL, &field, 1, "", 0, "", false};
        judge_row(rows[i].row, NULL, &request, &reply);
        g_test_message("row %zu", i);
        g_assert_cmpint(reply.verdict, ==, rows[i].verdict);
        g_assert_cmpuint(reply.status, ==, rows[i].status);
        g_assert_cmpstr(reply.type, ==, rows[i].type);
        g_assert_cmpstr(reply.body, ==, rows[i].body);
        g_assert_cmpstr(reply.header_value, ==, rows[i].reply_header);
    }
}

/* An unsigned challenge opens no door for a delivery. */
static void test_challenge_is_no_delivery(void)
{
    static const HttpField fields[] = {{"C", "x"}};
    HttpRequest request = {"POST", "/", "/", NULL, fields, 1, "{}", 2, "", false};
    g_autoptr(json_t) secret = json_string("s");
    g_auto(HookReply) asked = {0}, told = {0};
    judge_row(SECRET_ROW ",\"challenge\":\"header:C\",\"challenge_unsigned\":true}", secret,
              &request, &asked);
    judge_row(SECRET_ROW ",\"challenge\":\"header:C\"}", secret, &request, &told);
    g_assert_cmpint(asked.verdict, ==, HOOK_CHALLENGE);
    g_assert_null(asked.delivery);
    g_assert_cmpint(told.verdict, ==, HOOK_REFUSED);
}

/* A repeat has the same name; a name that the sender gives cannot be taken for a hash. */
static void test_deliveries(void)
{
    static const struct {
        const char *value, *body, *delivery; /* NULL: a hash */
    } rows[] = {
        {"d-1", "a", "d-1"},
        {"d-1", "b", "d-1"},
        {"", "a", NULL},
        {"sha256:aa", "b", NULL},
    };
    g_autofree char *hash = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(HookReply) reply = {0};
        HttpField field = {"D", rows[i].value};
        HttpRequest request = {"POST", "/", "/", NULL, &field, 1, rows[i].body, 1, "", false};
        judge_row("{\"name\":\"\",\"scheme\":\"none\",\"delivery\":\"header:D\"}", NULL, &request,
                  &reply);
        if (rows[i].delivery) {
            g_assert_cmpstr(reply.delivery, ==, rows[i].delivery);
            continue;
        }
        g_assert_true(g_str_has_prefix(reply.delivery, "sha256:"));
        g_assert_cmpstr(reply.delivery, !=, hash);
        g_assert_cmpstr(reply.delivery, !=, rows[i].value);
        g_free(hash);
        hash = g_strdup(reply.delivery);
    }
}

static void test_bad_rows(void)
{
    static const char *const rows[] = {
        "{\"name\":\"\",\"signature\":\"cookie:x\"}",
        "{\"name\":\"\",\"signature\":\"header:\"}",
        "{\"name\":\"\",\"signature\":\"header:a[\"}",
        "{\"name\":\"\",\"delivery\":\"json:id\"}",
        "{\"name\":\"\",\"signed_text\":\"{bodi}\"}",
        "{\"name\":\"\",\"signed_text\":\"{body\"}",
        "{\"name\":\"\",\"challenge_when\":\"json:/type\"}",
        "{\"name\":\"\",\"reply_header\":\"X\"}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) row = row_of(rows[i]);
        g_assert_null(hook_new(row, NULL, &error));
        g_assert_error(error, HOOK_ERROR, HOOK_ERROR_ROW);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hook/good", test_good);
    g_test_add_func("/hook/tampered_body", test_tampered_body);
    g_test_add_func("/hook/tampered_elsewhere", test_tampered_elsewhere);
    g_test_add_func("/hook/mailgun_token", test_mailgun_token);
    g_test_add_func("/hook/stale", test_stale);
    g_test_add_func("/hook/wrong_key", test_wrong_key);
    g_test_add_func("/hook/unsigned", test_unsigned);
    g_test_add_func("/hook/two_secrets", test_two_secrets);
    g_test_add_func("/hook/two_signatures", test_two_signatures);
    g_test_add_func("/hook/challenges", test_challenges);
    g_test_add_func("/hook/challenge_is_no_delivery", test_challenge_is_no_delivery);
    g_test_add_func("/hook/deliveries", test_deliveries);
    g_test_add_func("/hook/bad_rows", test_bad_rows);
    return g_test_run();
}
