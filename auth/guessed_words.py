"""Words that are tried first against the members of a site like this one, whatever their rank in lists."""

from datetime import date

SEASONS = """\
spring summer autumn fall winter fruehling sommer herbst printemps ete automne hiver primavera verano
otono invierno estate autunno inverno lente zomer herfst verao outono wiosna lato jesien zima"""
MONTHS = """\
january february march april may june july august september october november december januar februar maerz
marz mai juni juli oktober dezember janvier fevrier mars avril juin juillet aout septembre octobre
novembre decembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre januari februari maart mei
augustus janeiro fevereiro marco maio junho julho setembro outubro novembro dezembro styczen luty kwiecien
czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien"""
WEEKDAYS = """\
monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag
samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes
sabado domingo lunedi martedi mercoledi giovedi venerdi sabato domenica maandag dinsdag woensdag donderdag
vrijdag zaterdag zondag poniedzialek wtorek sroda czwartek piatek sobota niedziela"""
PASSWORD_WORDS = """\
password passwort passwd passphrase passcode kennwort kennung motdepasse contrasena clave wachtwoord senha
haslo parola geheim secret secreto login logon welcome willkommen bienvenue bienvenido welkom witaj
changeme change letmein default temp temporary test testing guest user admin administrator root sysadmin
superuser access geheimnis sicher sicherheit hello hallo bonjour hola ciao office company firma empresa
entreprise bedrijf qwerty azerty qwertz abc abcd abcdef xyz iloveyou please"""
VENDORS = """\
microsoft windows office365 azure outlook exchange sharepoint teams hyperv msft cisco meraki webex juniper
fortinet fortigate fortios paloalto checkpoint sophos sonicwall watchguard barracuda citrix netscaler
vmware vsphere vcenter esxi broadcom oracle java mysql postgres postgresql mariadb mongodb redis apache
nginx tomcat linux ubuntu debian redhat centos fedora suse rocky almalinux kali android apple macos iphone
ipad google chrome chromium firefox mozilla edge safari adobe acrobat ibm lotus websphere sap hana siemens
schneider rockwell honeywell dell idrac lenovo hewlett packard aruba netgear dlink tplink asus mikrotik
ubiquiti unifi synology qnap veeam acronis crowdstrike falcon defender symantec norton mcafee trendmicro
kaspersky eset bitdefender splunk elastic kibana grafana zabbix nagios solarwinds jenkins gitlab github
bitbucket atlassian jira confluence docker kubernetes openshift ansible terraform puppet chef vault amazon
aws openssl openssh putty wordpress drupal joomla cloudflare zoom slack okta"""
FIELD = """\
security infosec cyber cybersecurity patch patches patchday patchtuesday update hotfix server network
firewall router switch backup monitor service support helpdesk desktop domain system systems database
cloud vpn wifi bulletin advisory forum redoubt defence defense fortress castle"""
# Said so often that they are one word; a passphrase of words that mean nothing together is not here.
PHRASES = """\
correcthorsebatterystaple thequickbrownfox jumpsoverthelazydog tobeornottobe thatisthequestion
maytheforcebewithyou maytheforce allyourbasearebelongtous inthebeginningwastheword inthebeginning
godsavethequeen godsavetheking onceuponatime happybirthday merrychristmas happynewyear iloveyou
iloveyouforever ihateyou letmein letmeinplease openthedoor opensesame hellothere helloworld myprecious
onering onesmallstep ihaveadream ithinkthereforeiam cogitoergosum carpediem wearethechampions
wewillrockyou stairwaytoheaven hotelcalifornia bohemianrhapsody youshallnotpass winteriscoming illbeback
livelongandprosper tothemoon trustno1 donotforget dontforget dontpanic thisismypassword mypassword
mypasswordis thepassword thisisapassword thisisasecret thisissecret nopassword forgotpassword iamthebest
iamtheadmin youarethebest thereisnospoon itsatrap usetheforce lordofthering lordoftherings harrypotter
gameofthrones starwars startrek breakingbad manchesterunited realmadrid neverendingstory lukeiamyourfather
iamyourfather asdfjkl troubadour troubador makeamericagreatagain longlivetheking knowledgeispower
timeismoney practicemakesperfect"""
MIN_WORD_CHARACTERS = 3


def general() -> frozenset[str]:
    """All words of this module, and the years of a human life."""
    words = " ".join((SEASONS, MONTHS, WEEKDAYS, PASSWORD_WORDS, VENDORS, FIELD, PHRASES)).split()
    return frozenset(words)


def years() -> range:
    """Years that people write into passwords."""
    return range(1930, date.today().year + 6)
