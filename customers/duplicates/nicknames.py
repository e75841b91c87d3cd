"""Given names that are one name: short forms, and spellings that no rule of letters unites."""

GROUPS = """
alexander alex sasha sascha xander sandy alejandro aleksandr oleksandr александр саша олександр
alexandra alex sasha sascha sandra alejandra aleksandra александра саша
alexei aleksei alyosha алексей леша алеша
anastasia nastya anastasiya анастасия настя
ann anne anna annie anja anya аня анна
andrew andy drew andrei andrey
anthony antony tony antonio toni
antonia toni antonina
barbara barb babs
benjamin ben benny benji
bernard bernie bernhard
catherine katherine kathryn katharina kate katie kathy cathy kat katya ekaterina екатерина катя
charles charlie chuck karl carlos
charlotte charlie lottie
christina kristina chris tina christine kirsten
christopher chris kit topher
daniel dan danny
david dave davy
deborah debbie deb
dmitry dmitri dima mitya дмитрий дима
dorothy dot dottie dolly
edward ed eddie ted teddy ned eduardo edu
eleanor ellie nell nora
elena lena yelena helena елена лена
elizabeth liz lizzie beth betty eliza libby lisa elisabeth isabel
eugene gene evgeny yevgeny zhenya евгений женя
francisco paco pancho francis frank chico
frederick fred freddy friedrich
gabriel gabe
george georgie jorge georg yuri
gerald gerry jerry
guadalupe lupe lupita
gregory greg grigory гриша григорий
henry harry hank heinrich heinz
ignacio nacho
ivan vanya ваня иван
jacob jake
james jim jimmy jamie diego
jennifer jen jenny
jesus chuy chucho
john johnny jack johannes hans jon
jonathan jon jonny
joseph joe joey josef jose pepe
joshua josh
jozefa josephine jo josie
leonard leo len lenny
lawrence larry laurence
lyudmila luda ludmila людмила люда
manuel manny manolo
margaret maggie meg peggy margie greta rita
maria masha mascha mariya мария маша mia
martha marta
matthew matt matty matthias
michael mike mick mickey mikhail misha miguel mikhael михаил миша
mohammed muhammad mohamed mohd md muhammed mehmet محمد
natalia natasha natalya nataliya наталья наташа
nicholas nick nicky nikolaus klaus nikolai kolya николай коля
nicole nikki nicky
olga olya ольга оля
omar umar omer
osman usman uthman othman
pamela pam
patricia pat patty trish tricia
patrick pat paddy
peter pete petr pyotr
philip phil philipp filip
rebecca becky becca
richard rick ricky dick rich
robert bob bobby rob robbie bert
ronald ron ronnie
rosario charo
samantha sam sammy
samuel sam sammy
sergei sergey serhii сергей сережа
steven stephen steve stefan
susan sue susie suzanne susanna
svetlana sveta светлана света
tatiana tanya tatyana татьяна таня
theodore ted theo teddy
theresa teresa tess tessa terry
thomas tom tommy
timothy tim timmy
valentina valya валентина валя
victor vic viktor
victoria vicky tori viktoria vika
vincent vince vinny
vladimir vova volodya volodymyr владимир вова володя
walter wally walt
william bill billy will willy liam wilhelm
yusuf yousef youssef usuf
zachary zach zack
"""

_GROUPS_OF: dict[str, set[int]] = {}
for _number, _line in enumerate(GROUPS.split("\n")):
    for _name in _line.split():
        _GROUPS_OF.setdefault(_name, set()).add(_number)


def are_one_name(one: str, other: str) -> bool:
    """Whether both words may be said of one person, such as Bob and Robert."""
    groups = _GROUPS_OF.get(one)
    return bool(groups and not groups.isdisjoint(_GROUPS_OF.get(other, ())))
