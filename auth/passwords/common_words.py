"""Words that attackers try first against this site, whatever their rank in general lists."""

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
LOGIN_WORDS = """\
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
# Well-known phrases, which count as one word.
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
# Words of everyday sentences, such as "I love my wife and kids".
SENTENCES = """\
and are but can did does for from had has have her here him his how into just let like not now our
out she that the their them then there they this thing very was were what when where which who will
with you your love loves loved like likes hate hates want need my me we is it in on of or so no do
be best good great nice happy forever always never much more too mother mom mum mommy father dad
daddy papa mama parents wife husband son daughter sister brother kids kid children child baby babies
family grandma grandpa uncle aunt cousin girlfriend boyfriend girl boy honey darling sweetheart dog
dogs cat cats puppy kitty friend friends god jesus christ lord football soccer baseball"""
FAMOUS = """\
cve log4j log4shell heartbleed shellshock eternalblue bluekeep spectre meltdown wannacry notpetya
petya stuxnet mirai zerologon printnightmare proxyshell proxylogon follina regresshion citrixbleed
poodle mimikatz metasploit meterpreter nmap wireshark hashcat johntheripper burpsuite rockyou
wordlist exploit exploitdb zeroday 0day malware ransomware phishing rootkit botnet hacker hacking
hackers pwned txt exe pdf docx xlsx zip"""
# Other scripts, for which zxcvbn has no lists; also transliterated.
CYRILLIC = """\
пароль пароли парол секрет секретно админ администратор администрация модератор пользователь юзер
логин вход привет приветик здравствуйте здравствуй пока спасибо пожалуйста добро пожаловать
доброеутро любовь люблю любимый любимая любимка тебя меня моя мой мое мои моего мою наша наш твой
твоя это как что кто где все всегда никогда навсегда очень жена муж мама папа мамочка папочка сын
дочь дочка сестра брат семья дети ребенок бабушка дедушка подруга друг друзья солнце солнышко
котенок котик кошка собака зайка зайчик малыш малышка счастье жизнь звезда ангел дракон мастер
король королева принцесса хозяин чемпион победа мир свобода дом работа школа компьютер интернет
сервер сеть безопасность система защита обновление вирус хакер виндовс майкрософт футбол спартак
зенит динамо локомотив цска россия русский россии москва петербург питер спб санктпетербург
новосибирск екатеринбург казань самара омск ростов уфа красноярск пермь воронеж волгоград украина
киев харьков одесса львов днепр беларусь минск казахстан алматы астана болгария софия сербия белград
наташа настя анастасия александр александра саша алексей алеша андрей антон артем виктор виктория
владимир вова дмитрий дима евгений екатерина катя елена лена иван ваня игорь ирина кирилл кристина
ксения максим макс мария маша марина михаил миша наталья никита николай коля ольга павел роман
светлана сергей сережа татьяна таня юлия юля анна аня иванов петров сидоров путин зима весна лето
осень январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь понедельник
вторник среда четверг пятница суббота воскресенье гость тест проверка новый новая старый год года
один два три четыре пять шесть семь восемь девять десять сменименя вітаю привіт кохання кохаю
україна київ здравей обичам парола лозинка здраво волим шифра тајна"""
GREEK = """\
κωδικος κωδικοσ συνθημα μυστικο διαχειριστης χρηστης γεια γειασου γειασας καλημερα καλησπερα
καληνυχτα αγαπη αγαπω σαγαπω σαγαπαω αγαπημου μου σου μαμα μπαμπας μητερα πατερας γιαγια παππους
αδελφη αδελφος οικογενεια παιδι παιδια γυναικα αντρας φιλος φιλη ζωη ηλιος θαλασσα ελλαδα ελλας
αθηνα θεσσαλονικη πατρα ηρακλειο κρητη κυπρος λευκωσια ολυμπιακος παναθηναικος παοκ αεκ ποδοσφαιρο
γιωργος γιαννης μαρια κωστας δημητρης νικος ελενη κατερινα βασιλης παναγιωτης χρηστος καλοκαιρι
χειμωνας ανοιξη φθινοπωρο ιανουαριος φεβρουαριος μαρτιος απριλιος μαιος ιουνιος ιουλιος αυγουστος
σεπτεμβριος οκτωβριος νοεμβριος δεκεμβριος δευτερα τριτη τεταρτη πεμπτη παρασκευη σαββατο κυριακη
υπολογιστης ασφαλεια δοκιμη"""
OTHER_SCRIPTS = """\
비밀번호 암호 안녕 안녕하세요 사랑 사랑해 사랑해요 관리자 대한민국 한국 서울 부산 엄마 아빠 가족
감사합니다 密码 密碼 口令 你好 我爱你 我愛你 管理员 管理 中国 北京 上海 家人 妈妈 爸爸 生日快乐
芝麻开门 パスワード ぱすわーど 暗証番号 秘密 こんにちは ありがとう 愛してる あいしてる 大好き 日本
東京 大阪 管理者 家族 ワタシノ わたしの 私の كلمة السر المرور سر مرحبا السلام عليكم احبك حبيبي
حبيبتي الله محمد بسم مدير مصر القاهرة بغداد دبي الرياض امي ابي סיסמה סיסמא שלום אהבה אוהב אותך ישראל
ירושלים תלאביב אמא אבא מנהל पासवर्ड नमस्ते प्यार भारत दिल्ली รหัสผ่าน สวัสดี ผมรักคุณ ฉันรักคุณ
ประเทศไทย กรุงเทพ parol privet lubov lyubov lyublyu moskva rossiya kodikos agapi sagapo"""
MIN_WORD_CHARACTERS = 3


def all_words() -> frozenset[str]:
    """All words of this module."""
    words = " ".join(
        (
            SEASONS,
            MONTHS,
            WEEKDAYS,
            LOGIN_WORDS,
            VENDORS,
            FIELD,
            PHRASES,
            SENTENCES,
            FAMOUS,
            CYRILLIC,
            GREEK,
            OTHER_SCRIPTS,
        )
    ).split()
    return frozenset(words)


def years() -> range:
    """Years that people write into passwords."""
    return range(1930, date.today().year + 6)
